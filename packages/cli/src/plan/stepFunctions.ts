import type { Segments } from './plan.js'
import { ATTEMPTS, segmentCommand } from './segmentCommand.js'

const VARIABLE = 'DYNASEAL_SEGMENT'

/**
 * A state machine in the Amazon States Language: a distributed map over the numbers of the segments, each of which is a task of
 * Amazon ECS. A segment that fails lets the others go on; then the execution fails.
 */
export function stepFunctionsPlan(segments: Segments) {
  return {
    Comment: `dynaseal ${segments.task} of table ${segments.table}, ${segments.segments} segments`,
    StartAt: 'Number the segments',
    States: {
      'Number the segments': {
        Type: 'Pass',
        Parameters: { 'segments.$': `States.ArrayRange(0, ${segments.segments - 1}, 1)` },
        Next: 'Work on all segments',
      },
      'Work on all segments': {
        Type: 'Map',
        ItemsPath: '$.segments',
        MaxConcurrency: segments.segments,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Work on a segment',
          States: {
            'Work on a segment': {
              Type: 'Task',
              Resource: 'arn:aws:states:::ecs:runTask.sync',
              Parameters: {
                LaunchType: 'FARGATE',
                Cluster: 'CLUSTER_ARN',
                TaskDefinition: 'TASK_DEFINITION_ARN',
                NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['SUBNET_ID'] } },
                Overrides: {
                  ContainerOverrides: [
                    {
                      Name: 'CONTAINER_NAME',
                      Command: segmentCommand(segments, VARIABLE),
                      Environment: [{ Name: VARIABLE, 'Value.$': "States.Format('{}', $)" }],
                    },
                  ],
                },
              },
              Retry: [
                {
                  ErrorEquals: ['States.ALL'],
                  IntervalSeconds: 10,
                  MaxAttempts: ATTEMPTS - 1,
                  BackoffRate: 2,
                },
              ],
              Catch: [{ ErrorEquals: ['States.ALL'], Next: 'It failed' }],
              Next: 'It is done',
            },
            'It is done': { Type: 'Pass', Result: 'done', End: true },
            'It failed': { Type: 'Pass', Result: 'failed', End: true },
          },
        },
        ResultSelector: { 'failed.$': "States.ArrayContains($, 'failed')" },
        Next: 'Has one failed?',
      },
      'Has one failed?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.failed', BooleanEquals: true, Next: 'Something is left' }],
        Default: 'All is done',
      },
      'Something is left': {
        Type: 'Fail',
        Error: 'SegmentsFailed',
        Cause:
          'What each segment reports is in the log of its task. The same state machine does what is left.',
      },
      'All is done': { Type: 'Succeed' },
    },
  }
}
