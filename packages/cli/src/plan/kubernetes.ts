import type { Segments } from './plan.js'
import { ATTEMPTS, FINAL_CODES, nameOf, segmentCommand } from './segmentCommand.js'

/**
 * An indexed Job, whose pods are told their index in `JOB_COMPLETION_INDEX`. A pod of which something is left fails without
 * another attempt, and lets the others go on.
 */
export function kubernetesPlan(segments: Segments) {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: nameOf(segments) },
    spec: {
      completionMode: 'Indexed',
      completions: segments.segments,
      parallelism: segments.segments,
      backoffLimitPerIndex: ATTEMPTS - 1,
      podFailurePolicy: {
        rules: [
          { action: 'FailIndex', onExitCodes: { operator: 'In', values: [...FINAL_CODES] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: 'SERVICE_ACCOUNT',
          containers: [
            { name: 'dynaseal', image: 'IMAGE', command: segmentCommand(segments, 'JOB_COMPLETION_INDEX') },
          ],
        },
      },
    },
  }
}
