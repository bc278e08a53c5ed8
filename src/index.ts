/** The public API of corerush. */
export { run } from './host/run.ts'
export { planRun, planScenario } from './host/run-plan.ts'
export { OptionsError } from './core/options/options-error.ts'
export type { RunControl, RunHooks } from './host/control.ts'
export type { LoadChange } from './core/plan/load-change.ts'
export type { Amendment } from './core/plan/amendment.ts'
export {
  scenario,
  check,
  fail,
  type Scenario,
  type ScenarioDefinition,
  type Context,
  type SetupContext,
  type RequestEvent,
  type Task,
  type DescribedTask,
  type TaskGroup,
} from './scenario/scenario.ts'
export {
  feeder,
  type Feeder,
  type FeederMaker,
  type FeederOptions,
  type CsvOptions,
} from './scenario/feeder.ts'
export { options, type Declared, type OptionDeclaration, type OptionValues } from './scenario/options.ts'
export type { ScriptOptionPlan } from './core/scenario/script-options.ts'
export { counter, trend, type Counter, type Trend } from './scenario/metric.ts'
export type { CustomMetricPlan, CustomReport } from './core/measure/custom-metrics.ts'
export type { FeederPlan } from './core/scenario/row-source.ts'
export type { TargetPlan, TargetsPlan } from './core/resolve/request/targets-options.ts'
export { between, constant, pacing, throughput } from './scenario/wait.ts'
export { shape, type Shape } from './core/load/shape.ts'
export type {
  Http,
  Send,
  RequestOptions,
  CheckedOptions,
  ReadingOptions,
  Response,
  ReadResponse,
  Stream,
  StreamOptions,
  Values,
} from './scenario/http.ts'
export type { ServerEvent } from './core/request/event-parser.ts'
export type { LogEntry, LogLevel } from './core/measure/task-log.ts'
export { OutputError, type OutputHooks } from './host/output-set.ts'
export type { ScriptPlan, ScenarioPlan, TaskPlan } from './core/scenario/script-plan.ts'
export type { Wait } from './core/load/wait-time.ts'
export { CorerushError, EXIT, type ErrorCode } from './errors.ts'
export { VERSION } from './version.ts'
export { renderSummary, type Style } from './output/text/summary.ts'
export { startTarget, type Target, type TargetOptions, type TargetCounts } from './target/server.ts'
export { defineConfig, type Config, type ConfigOptions, type Profile } from './core/config/config.ts'
export type { Options } from './core/options/options.ts'
export type { Problem } from './core/options/problem.ts'
export type { Duration, Count } from './core/units.ts'
export type { Plan } from './core/plan/plan.ts'
export type { RequestPlan, BodyPlan } from './core/request/request.ts'
export type { HttpPlan } from './core/resolve/request/http-options.ts'
export type { Report } from './core/report/report.ts'
export type { HostReport } from './core/measure/host-facts.ts'
export type { BaselinePlan, DifferenceKind } from './core/resolve/baseline-options.ts'
export type { RunComparison } from './core/compare/run-comparison.ts'
export type { Comparison, MetricComparison, Answer } from './core/compare/comparison.ts'
export type { CapturedFailure } from './core/request/captured.ts'
export type { ShownBody } from './core/request/shown-exchange.ts'
export type { Metrics, LatencySummary, PercentileName } from './core/measure/metrics.ts'
export type { RequestRow, RequestRows } from './core/measure/request-rows.ts'
export type { SecondRow } from './core/measure/second.ts'
export type { SparseHistogram } from './core/measure/histogram.ts'
export type {
  WorkerVitals,
  HostVitals,
  CoreVitals,
  TargetVitals,
  Pressure,
  SocketVitals,
  NetworkVitals,
} from './core/measure/worker-vitals.ts'
export type { Verdict, VerdictLevel } from './core/judge/verdict.ts'
export type { Reason, ReasonCode } from './core/judge/rules/evidence.ts'
export type { ThresholdResult } from './core/judge/gate.ts'
export type { Threshold } from './core/threshold/threshold.ts'
export type { Outcome } from './core/request/outcome.ts'
export type { Output, RunStart, LiveSecond } from './output/output.ts'
