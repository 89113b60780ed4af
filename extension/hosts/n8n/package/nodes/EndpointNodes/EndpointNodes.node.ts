import type {
	IExecuteFunctions,
	ILoadOptionsFunctions,
	INodeExecutionData,
	INodePropertyOptions,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { OPERATIONS, PROPERTIES } from './declarations';
import { RUN_PROPERTIES, WAIT_PROPERTIES } from './run';
import { CREDENTIAL, request } from './service';
import { runOperation, runOnRun } from './execution';

export class EndpointNodes implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Endpoint Nodes',
		name: 'endpointNodes',
		icon: { light: 'file:endpointNodes.svg', dark: 'file:endpointNodes.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"].replaceAll("_", " ") }}',
		description: 'Ask an OpenAI-compatible service about all items in one run',
		defaults: { name: 'Endpoint Nodes' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: CREDENTIAL, required: true }],
		properties: [...PROPERTIES, ...WAIT_PROPERTIES, ...RUN_PROPERTIES],
	};

	methods = {
		loadOptions: {
			/** Return the models of the service that the operation can use. */
			async getModels(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
				const credentials = await this.getCredentials(CREDENTIAL);
				const operation = String(this.getCurrentNodeParameter('operation'));
				const { choices } = await request(this, credentials, {
					method: 'GET',
					url: `/nodes/${operation}/fields/model/choices`,
					qs: { configuration: credentials.configuration ?? '' },
					json: true,
				});
				const models = (choices as string[]).map((model) => ({ name: model, value: model }));
				const field = OPERATIONS[operation].fields.find(({ name }) => name === 'model');
				return field?.required ? models : [{ name: 'Default of the Service', value: '' }, ...models];
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = this.getNodeParameter('resource', 0) as string;
		const operation = this.getNodeParameter('operation', 0) as string;
		const items = resource === 'run' ? runOnRun(this, operation) : runOperation(this, operation);
		return [await items];
	}
}
