import type {
	IBinaryKeyData,
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Field } from './declarations';
import { inWordsOfPanel } from './declarations';
import type { RunStatus } from './service';
import { request } from './service';

type Readable = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

const MEDIA = ['image', 'audio', 'file'];

/**
 * Return the results of a run as items, images and recordings as binary data.
 *
 * @param paired the position of the item that each row is from
 */
export async function readResults(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	status: RunStatus,
	paired: number[],
	fields: Field[],
): Promise<INodeExecutionData[]> {
	const text: string = await request(context, credentials, {
		method: 'GET',
		url: status.results!,
		headers: { Accept: 'application/x-ndjson' },
		encoding: 'text',
		json: false,
	});
	const media = status.columns.filter((column) => MEDIA.includes(column.kind));
	const items: INodeExecutionData[] = [];
	for (const line of text.split('\n').filter((candidate) => candidate)) {
		const { row_id, ...json } = JSON.parse(line) as IDataObject;
		const item = paired[Number(row_id ?? 0)] ?? 0;
		if (json.error) {
			items.push(errorItem(context, inWordsOfPanel(String(json.error), fields), item));
			continue;
		}
		delete json.error;
		if (typeof json.body === 'string') json.body = parseBody(json.body);
		const binary: IBinaryKeyData = {};
		for (const { name } of media) {
			if (json[name]) binary[name] = await download(context, credentials, String(json[name]));
			delete json[name];
		}
		items.push({ json, binary, pairedItem: { item } });
	}
	return items;
}

/** Return the body of a response as data, where it is JSON. */
function parseBody(body: string): IDataObject | string {
	try {
		return JSON.parse(body) as IDataObject;
	} catch {
		return body;
	}
}

/** Return what stands for an item that failed; n8n puts it where On Error says. */
export function errorItem(
	context: IExecuteFunctions,
	message: string,
	item: number,
): INodeExecutionData {
	const error = new NodeOperationError(context.getNode(), message, { itemIndex: item });
	return { json: { error: message }, error, pairedItem: { item } };
}

async function download(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	address: string,
) {
	const { body, headers } = (await request(context, credentials, {
		method: 'GET',
		url: address,
		encoding: 'stream',
		returnFullResponse: true,
		json: false,
	})) as { body: Readable; headers: Record<string, string> };
	const name = /filename="([^"]*)"/.exec(headers['content-disposition'] ?? '')?.[1];
	return await context.helpers.prepareBinaryData(body, name, headers['content-type']);
}
