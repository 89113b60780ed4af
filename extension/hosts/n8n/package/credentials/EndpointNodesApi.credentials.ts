import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

export class EndpointNodesApi implements ICredentialType {
	name = 'endpointNodesApi';

	displayName = 'Endpoint Nodes API';

	icon: Icon = { light: 'file:endpointNodes.svg', dark: 'file:endpointNodes.dark.svg' };

	documentationUrl = 'https://github.com/endpoint-nodes/endpoint-nodes/blob/main/docs/n8n.md';

	properties: INodeProperties[] = [
		{
			displayName: 'Address',
			name: 'address',
			type: 'string',
			default: 'http://127.0.0.1:8091',
			description: 'Where endpoint-nodes serve listens',
			required: true,
		},
		{
			displayName: 'Token',
			name: 'token',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'The token of the service, its ENDPOINT_NODES_TOKEN',
			required: true,
		},
		{
			displayName: 'Configuration',
			name: 'configuration',
			type: 'string',
			default: '',
			placeholder: 'openai',
			description:
				'Name of a Configuration of the service; it says where requests go, and the key stays there. sandbox needs no key. Empty: what the service itself is set up for.',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.token}}' } },
	};

	test: ICredentialTestRequest = {
		request: { baseURL: '={{$credentials.address}}', url: '/configurations' },
	};
}
