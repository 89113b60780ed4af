import type { INodeProperties } from 'n8n-workflow';

import { OPERATIONS } from './declarations';

const OF_OPERATIONS = { show: { operation: Object.keys(OPERATIONS) } };

/** Parameters of every operation, beside its fields. */
export const WAIT_PROPERTIES: INodeProperties[] = [
	{
		displayName: 'Simplify Output',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description:
			'Whether to return one item for each image, choice or segment, instead of the whole response of the service',
		displayOptions: OF_OPERATIONS,
	},
	{
		displayName: 'Wait for Results',
		name: 'wait',
		type: 'boolean',
		default: true,
		description:
			'Whether to wait for the results. If not, the run is started and its ID returned; get its results later with Run: Get Results, behind a Wait node.',
		displayOptions: OF_OPERATIONS,
	},
];

/** Parameters of what is done with a run that was started. */
export const RUN_PROPERTIES: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['run'] } },
		options: [
			{
				name: 'Cancel',
				value: 'cancelRun',
				action: 'Cancel a run',
				description: 'End a run that was started',
			},
			{
				name: 'Get Results',
				value: 'getResults',
				action: 'Get the results of a run',
				description: 'Return the results of a run, or how far it is while it has not ended',
			},
		],
		default: 'getResults',
	},
	{
		displayName: 'Run ID',
		name: 'runId',
		type: 'string',
		required: true,
		default: '={{ $json.run }}',
		description: 'ID of the run, as Wait for Results returns it where it is off',
		displayOptions: { show: { resource: ['run'] } },
	},
];
