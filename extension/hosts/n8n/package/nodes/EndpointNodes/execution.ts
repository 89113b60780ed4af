import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { inWordsOfPanel, OPERATIONS } from './declarations';
import { errorItem, readResults } from './results';
import { readRows } from './rows';
import type { RunStatus } from './service';
import { cancelWithExecution, CREDENTIAL, request, waitForEnd } from './service';

/** Seconds after which the service cancels a run that nobody asks for any more. */
const LEASE_SECONDS = 120;

/** Run an operation on all items at once, and return its results, or the run that was started. */
export async function runOperation(
	context: IExecuteFunctions,
	operation: string,
): Promise<INodeExecutionData[]> {
	const credentials = await context.getCredentials(CREDENTIAL);
	const { fields } = OPERATIONS[operation];
	const wait = context.getNodeParameter('wait', 0) as boolean;
	const simplify = context.getNodeParameter('simplify', 0) as boolean;
	const { rows, items, settings, files, errors } = await readRows(context, credentials, fields);
	const wrong = errors.map(({ item, error }) => errorItem(context, error.message, item));
	if (rows.length === 0) return wrong;
	const status: RunStatus = await request(context, credentials, {
		method: 'POST',
		url: '/runs',
		body: {
			node: operation,
			configuration: credentials.configuration ?? '',
			rows,
			settings: {
				...settings,
				result_format: simplify ? 'simplified' : 'raw',
				on_error: context.continueOnFail() ? 'continue' : 'fail',
				keep_columns: false,
			},
			own_files: files,
			lease_seconds: wait ? LEASE_SECONDS : null,
		},
		json: true,
	});
	if (!wait) return [...wrong, { json: runItem(status, items), pairedItem: items.map((item) => ({ item })) }];
	cancelWithExecution(context, credentials, status);
	const ended = await waitForEnd(context, credentials, status);
	if (ended.state !== 'done') throw runError(context, ended, items, operation);
	const results = await readResults(context, credentials, ended, items, fields);
	await request(context, credentials, { method: 'DELETE', url: `/runs/${status.id}`, json: true });
	return [...results, ...wrong];
}

/** Return how a run that was started is to be found again. */
function runItem(status: RunStatus, items: number[]): IDataObject {
	return { run: status.id, state: status.state, total: status.total, done: status.done, items };
}

/** Return the error of a run that did not go through; it names the item. */
function runError(
	context: IExecuteFunctions,
	status: RunStatus,
	items: number[],
	operation: string,
): NodeOperationError {
	const [, line, said] = /^(?:rows\.jsonl, line (\d+): )?([^]*)$/.exec(status.error ?? '')!;
	const message = inWordsOfPanel(said, OPERATIONS[operation]?.fields ?? []);
	const itemIndex = line ? items[Number(line) - 1] : undefined;
	return new NodeOperationError(context.getNode(), message || `The run is ${status.state}.`, { itemIndex });
}

/** Get the results of runs that were started, or cancel them. */
export async function runOnRun(
	context: IExecuteFunctions,
	operation: string,
): Promise<INodeExecutionData[]> {
	const credentials = await context.getCredentials(CREDENTIAL);
	const found: INodeExecutionData[] = [];
	for (let at = 0; at < context.getInputData().length; at++) {
		try {
			const id = context.getNodeParameter('runId', at) as string;
			const method = operation === 'cancelRun' ? 'DELETE' : 'GET';
			const url = `/runs/${encodeURIComponent(id)}`;
			const status: RunStatus = await request(context, credentials, { method, url, json: true });
			found.push(...(await resultsOrStatus(context, operation, status, at)));
		} catch (error) {
			if (!context.continueOnFail()) {
				throw new NodeOperationError(context.getNode(), error as Error, { itemIndex: at });
			}
			found.push(errorItem(context, (error as Error).message, at));
		}
	}
	return found;
}

async function resultsOrStatus(
	context: IExecuteFunctions,
	operation: string,
	status: RunStatus,
	at: number,
): Promise<INodeExecutionData[]> {
	if (operation === 'cancelRun' || !status.ended) {
		return [{ json: runItem(status, []), pairedItem: { item: at } }];
	}
	if (status.state !== 'done') throw runError(context, status, [], '');
	const credentials = await context.getCredentials(CREDENTIAL);
	const paired = new Array<number>(status.total ?? 1).fill(at);
	return await readResults(context, credentials, status, paired, []);
}
