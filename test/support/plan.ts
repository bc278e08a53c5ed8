/** A small plan, with whatever a test wants to be different. */
import { PLANNED_DEFAULTS } from '../../src/core/options/option-readers.ts'
import { PLAIN_HTTP } from '../../src/core/resolve/request/http-options.ts'
import { withDefaults } from '../../src/core/threshold/threshold.ts'
import type { ClosedPlan, OpenPlan } from '../../src/core/plan/plan.ts'
import type { RequestPlan } from '../../src/core/request/request.ts'

export const A_REQUEST: RequestPlan = {
  name: 'GET /',
  method: 'GET',
  url: 'http://target.test/',
  headers: [['user-agent', 'corerush/test']],
  body: null,
  digest: null,
  expectStatus: [{ from: 200, to: 399 }],
}

const COMMON = {
  request: A_REQUEST,
  targets: null,
  isTemplated: false,
  data: null,
  scenario: null,
  durationS: 10,
  sigtermStopS: 8,
  workers: 1,
  witness: null,
  warmupS: 0,
  warmupAuto: false,
  until: [],
  transport: 'undici',
  undiciFor: null,
  ...PLANNED_DEFAULTS,
  ...PLAIN_HTTP,
  thresholds: withDefaults([], false),
  baseline: null,
  targetMetrics: null,
  hidden: [],
} as const

export function aPlan(different: Partial<ClosedPlan> = {}): ClosedPlan {
  return {
    model: 'closed',
    ...COMMON,
    wait: { kind: 'none' },
    stages: [{ fromUsers: 0, toUsers: 10, durationS: 1 }],
    ...different,
  }
}

/** The same in the open model: 100 arrivals per second. */
export function anOpenPlan(different: Partial<OpenPlan> = {}): OpenPlan {
  return {
    model: 'open',
    ...COMMON,
    stages: [{ fromPerS: 100, toPerS: 100, durationS: 10 }],
    arrival: 'uniform',
    maxUsers: 1000,
    onFull: 'queue',
    ...different,
  }
}
