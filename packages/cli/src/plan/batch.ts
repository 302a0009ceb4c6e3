import type { Segments } from './plan.js'
import { ATTEMPTS, FINAL_CODES, nameOf, segmentCommand } from './segmentCommand.js'

/**
 * The inputs of `aws batch register-job-definition` and `submit-job`: an array job, whose children are told their index in
 * `AWS_BATCH_JOB_ARRAY_INDEX`.
 */
export function batchPlan(segments: Segments) {
  const name = nameOf(segments)
  return {
    registerJobDefinition: {
      jobDefinitionName: name,
      type: 'container',
      platformCapabilities: ['FARGATE'],
      containerProperties: {
        image: 'IMAGE',
        command: segmentCommand(segments, 'AWS_BATCH_JOB_ARRAY_INDEX'),
        jobRoleArn: 'JOB_ROLE_ARN',
        executionRoleArn: 'EXECUTION_ROLE_ARN',
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '2048' },
        ],
      },
      retryStrategy: {
        attempts: ATTEMPTS,
        evaluateOnExit: [
          ...FINAL_CODES.map(code => ({ onExitCode: String(code), action: 'EXIT' })),
          { onReason: '*', action: 'RETRY' },
        ],
      },
    },
    submitJob: {
      jobName: name,
      jobQueue: 'JOB_QUEUE',
      jobDefinition: name,
      arrayProperties: { size: segments.segments },
    },
  }
}
