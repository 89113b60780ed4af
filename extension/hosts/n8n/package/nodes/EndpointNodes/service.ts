import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError, sleep } from 'n8n-workflow';

export const CREDENTIAL = 'endpointNodesApi';

/** How far a run is, as the service says it. */
export interface RunStatus {
	id: string;
	state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
	total: number | null;
	done: number;
	failed: number;
	error: string | null;
	columns: Array<{ name: string; kind: string }>;
	ended: string | null;
	results: string | null;
	cancel: string;
}

type Context = IExecuteFunctions | ILoadOptionsFunctions;

/** Send one request to the service; its sentence is the error. */
export async function request(
	context: Context,
	credentials: ICredentialDataDecryptedObject,
	options: IHttpRequestOptions,
) {
	const url = addressOf(credentials, options.url);
	try {
		return await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL, {
			...options,
			url,
		});
	} catch (error) {
		throw new NodeApiError(context.getNode(), error as JsonObject, { message: sentence(error) });
	}
}

function addressOf(credentials: ICredentialDataDecryptedObject, path: string): string {
	return String(credentials.address).replace(/\/+$/, '') + path;
}

function sentence(error: unknown): string | undefined {
	const { response } = error as { response?: { data?: { error?: unknown }; body?: { error?: unknown } } };
	const said = response?.data?.error ?? response?.body?.error;
	return typeof said === 'string' ? said : undefined;
}

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;

/** Ask for a run until it has ended; asking also tells the service that somebody waits for it. */
export async function waitForEnd(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	run: RunStatus,
): Promise<RunStatus> {
	let status = run;
	for (let pause = FIRST_PAUSE; !status.ended; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
		await sleep(pause);
		status = await request(context, credentials, { method: 'GET', url: `/runs/${run.id}`, json: true });
	}
	return status;
}

/**
 * Cancel the run when the execution is cancelled. n8n lets no authenticated request out of a cancelled execution, so that
 * the run's own secret address is used.
 */
export function cancelWithExecution(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	run: RunStatus,
): void {
	const url = addressOf(credentials, run.cancel);
	context.onExecutionCancellation(() => {
		void context.helpers.httpRequest({ method: 'DELETE', url });
	});
}
