/** The public API of corerush. */
export { run, planRun, planScenario, OptionsError, type RunHooks } from './host/run.ts'
export type { RunControl } from './host/control.ts'
export type { LoadChange } from './core/load-change.ts'
export type { Amendment } from './core/amendment.ts'
export {
  scenario,
  check,
  fail,
  type Scenario,
  type ScenarioDefinition,
  type Context,
  type Task,
  type DescribedTask,
} from './scenario/scenario.ts'
export {
  feeder,
  type Feeder,
  type FeederMaker,
  type FeederOptions,
  type CsvOptions,
} from './scenario/feeder.ts'
export { counter, trend, type Counter, type Trend } from './scenario/metric.ts'
export type { CustomMetricPlan, CustomReport } from './core/custom.ts'
export type { FeederPlan } from './core/feeder.ts'
export type { TargetPlan, TargetsPlan } from './core/target-options.ts'
export { between, constant, pacing, throughput } from './scenario/wait.ts'
export { shape, type Shape } from './core/shape.ts'
export type {
  Http,
  Send,
  RequestOptions,
  CheckedOptions,
  ReadingOptions,
  Response,
  ReadResponse,
  Values,
} from './scenario/http.ts'
export { OutputError, type OutputHooks } from './host/outputs.ts'
export type { ScriptPlan, ScenarioPlan, TaskPlan } from './core/scenario.ts'
export type { Wait } from './core/wait.ts'
export { CorerushError, EXIT, type ErrorCode } from './errors.ts'
export { VERSION } from './version.ts'
export { renderSummary, type Style } from './output/text.ts'
export { startTarget, type Target, type TargetOptions, type TargetCounts } from './target/server.ts'
export { defineConfig, type Config, type ConfigOptions, type Profile } from './core/config.ts'
export type { Options, Duration, Count, Problem } from './core/options.ts'
export type { Plan, RequestPlan, BodyPlan } from './core/plan.ts'
export type { HttpPlan } from './core/http.ts'
export type { Report } from './core/report.ts'
export type { HostReport } from './core/host.ts'
export type { BaselinePlan, DifferenceKind } from './core/baseline.ts'
export type { RunComparison } from './core/run-comparison.ts'
export type { Comparison, MetricComparison, Answer } from './core/compare.ts'
export type { CapturedFailure } from './core/captured.ts'
export type { ShownBody } from './core/shown-exchange.ts'
export type { Metrics, LatencySummary, PercentileName } from './core/metrics.ts'
export type { SecondRow } from './core/second.ts'
export type { SparseHistogram } from './core/histogram.ts'
export type {
  WorkerVitals,
  HostVitals,
  CoreVitals,
  TargetVitals,
  Pressure,
  SocketVitals,
  NetworkVitals,
} from './core/vitals.ts'
export type { Verdict, VerdictLevel } from './core/verdict.ts'
export type { Reason, ReasonCode } from './core/evidence.ts'
export type { ThresholdResult } from './core/gate.ts'
export type { Threshold } from './core/threshold.ts'
export type { Outcome } from './core/outcome.ts'
export type { Output, RunStart, LiveSecond } from './output/output.ts'
