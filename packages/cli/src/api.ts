export type { Config } from './config/config.js'
export { type ClientOfRegion, loadProject, Project, projectOf, type Target } from './config/project.js'
export {
  type DoctorOptions,
  type DoctorReport,
  doctor,
  type KeyReport,
  type TableReport,
} from './doctor/doctor.js'
export type { Finding, Severity } from './doctor/finding.js'
export { type DrillOptions, type DrillReport, drill } from './drill/drill.js'
export type { Evidence, Sealing, TableOpening, TableRead, Verdict } from './drill/evidence.js'
export { type Checkpoint, fileCheckpoint } from './engine/checkpoint.js'
export { itemCheckpoint } from './engine/itemCheckpoint.js'
export { type JobOptions, type JobReport, runJob } from './engine/job.js'
export type { JobTotals, LeftItem } from './engine/jobCounts.js'
export type { Task } from './engine/task.js'
export { CliError, type CliErrorCode, ExitCode } from './errors.js'
export { jobPage } from './html/jobPage.js'
export { scanPage } from './html/scanPage.js'
export { type Point, Timeline } from './html/timeline.js'
export type { InspectedHeader } from './inspect/describeWhole.js'
export {
  type InspectedField,
  type Inspection,
  type InspectOptions,
  inspectBytes,
  inspectItem,
  type Problem,
} from './inspect/inspectItem.js'
export type { WrappingKey } from './inspect/wrappingKey.js'
export {
  type NewSearchKey,
  type NewSearchKeyOptions,
  newSearchKey,
  nextSearchKey,
  searchPartsOf,
} from './keys/newSearchKey.js'
export {
  type CheckedSearchKey,
  type CheckOptions,
  checkSearchKeys,
  describeSearchKeys,
  type ReplicaCheck,
  type SearchKeyDescription,
} from './keys/searchKeys.js'
export { planOf, type Scheduler, type Segments } from './plan/plan.js'
export { cdkOf } from './policy/cdk.js'
export type { Conditions, PolicyDocument, Statement } from './policy/document.js'
export type { KeyPolicy } from './policy/keyPolicies.js'
export { policyWarnings } from './policy/limits.js'
export { type Policies, type PolicyOptions, policiesOf, type Role } from './policy/policies.js'
export { split as splitPolicy } from './policy/split.js'
export { terraformOf } from './policy/terraform.js'
export type { AbsentAttribute, AttributeCounts, EntityCounts, KeyCounts, ScanReport } from './scan/counts.js'
export { type ScanOptions, scan } from './scan/scan.js'
export { type ExportFile, type ScanExportOptions, scanExport } from './scan/scanExport.js'
export type { WireItem } from './stored/wireItem.js'
export { Backfill, type BackfillOptions } from './tasks/backfill.js'
export { Revert } from './tasks/revert.js'
export { Rewrap, type RewrapOptions } from './tasks/rewrap.js'
export { RewrapTokens } from './tasks/rewrapTokens.js'
export { backfill, revert, rewrap, rewrapTokens } from './tasks/tasks.js'
