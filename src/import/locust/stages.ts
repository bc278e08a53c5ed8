/** The load over time that a LoadTestShape with literal stages describes. */
import { attributeOf, methodsOf, type LocustClass } from './locust-file.ts'
import { dotted, some, type ExprNode, type FunctionNode } from './python-tree.ts'

/** The stages as `--stage` has them; `null` where the shape computes them otherwise. */
export function stagesOf(shape: LocustClass): string[] | null {
  const stages = attributeOf(shape, 'stages')
  const tick = methodsOf(shape).get('tick')?.node
  if (stages === null || tick === undefined || !isUsual(tick)) return null
  const list = stages.nodeType === 'List' || stages.nodeType === 'Tuple' ? stages.elts : null
  const read = list?.map(readStage) ?? [null]
  const found: string[] = []
  let [fromS, users] = [0, 0]
  for (const stage of read) {
    if (stage === null || stage.endS <= fromS) return null
    // Locust gets there at the spawn rate, and stays.
    const spanS = stage.endS - fromS
    const rampS = Math.abs(stage.users - users) / stage.ratePerS
    if (rampS >= spanS) {
      const reached = users + Math.sign(stage.users - users) * Math.floor(stage.ratePerS * spanS)
      found.push(`${spanS}s:${reached}`)
      users = reached
    } else {
      if (rampS > 0) found.push(`${Number(rampS.toFixed(3))}s:${stage.users}`)
      found.push(`${Number((spanS - rampS).toFixed(3))}s:${stage.users}`)
      users = stage.users
    }
    fromS = stage.endS
  }
  return found
}

function readStage(node: ExprNode): { endS: number; users: number; ratePerS: number } | null {
  if (node.nodeType !== 'Dict') return null
  // Others, such as user_classes, choose who is started.
  const isKnown = (key: ExprNode | null): boolean =>
    key?.nodeType === 'Constant' && ['duration', 'users', 'spawn_rate'].includes(String(key.value))
  if (!node.keys.every(isKnown)) return null
  const value = (name: string): number | null => {
    const at = node.keys.findIndex((key) => key?.nodeType === 'Constant' && key.value === name)
    const found = node.values[at]
    return found?.nodeType === 'Constant' && typeof found.value === 'number' ? found.value : null
  }
  const [endS, users, ratePerS] = [value('duration'), value('users'), value('spawn_rate')]
  return endS === null || users === null || ratePerS === null || ratePerS <= 0
    ? null
    : { endS, users, ratePerS }
}

/** The tick of Locust's own example: the first stage whose end is not reached, or the end. */
function isUsual(tick: FunctionNode): boolean {
  const [time, loop, end, ...more] = tick.body.filter(
    (one) => one.nodeType !== 'Comment' && !(one.nodeType === 'Expr' && one.value.nodeType === 'Constant'),
  )
  if (time?.nodeType !== 'Assign' || more.length > 0) return false
  if (time.value.nodeType !== 'Call' || dotted(time.value.func) !== 'self.get_run_time') return false
  if (loop?.nodeType !== 'For' || dotted(loop.iter) !== 'self.stages') return false
  if (end !== undefined && end.nodeType !== 'Return') return false
  const [condition, ...others] = loop.body.filter(({ nodeType }) => nodeType !== 'Comment')
  if (condition?.nodeType !== 'If' || others.length > 0 || condition.orelse.length > 0) return false
  const { test } = condition
  const isBefore =
    test.nodeType === 'Compare' &&
    test.ops[0]?.nodeType === 'Lt' &&
    some(test, (one) => one.nodeType === 'Constant' && one.value === 'duration')
  const hasTime =
    test.nodeType === 'Compare' &&
    test.left.nodeType === 'Name' &&
    time.targets[0]?.nodeType === 'Name' &&
    test.left.id === time.targets[0].id
  const says = ['users', 'spawn_rate'].every((name) =>
    condition.body.some((one) => some(one, (inner) => inner.nodeType === 'Constant' && inner.value === name)),
  )
  const computes = condition.body.some((one) => some(one, ({ nodeType }) => nodeType === 'BinOp'))
  return isBefore && hasTime && says && !computes
}
