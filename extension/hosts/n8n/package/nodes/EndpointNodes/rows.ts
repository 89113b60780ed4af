import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Field } from './declarations';
import { request } from './service';

/** What the parameters of all items come to: one row for each item, and what holds for all of them. */
export interface Rows {
	rows: IDataObject[];
	/** Positions of the items that the rows are from; items whose parameters are wrong have none. */
	items: number[];
	settings: IDataObject;
	files: string[];
	errors: Array<{ item: number; error: Error }>;
}

/** Read the parameters of every item, and upload the files that they name, one by one. */
export async function readRows(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	fields: Field[],
): Promise<Rows> {
	const found: Rows = { rows: [], items: [], settings: {}, files: [], errors: [] };
	const items = context.getInputData();
	for (let at = 0; at < items.length; at++) {
		try {
			const values = readValues(context, fields, at);
			const row: IDataObject = {};
			for (const field of fields.filter((candidate) => candidate.sent)) {
				const value = values[field.name];
				if (value === undefined || value === '' || value === null) continue;
				row[field.name] = field.media
					? await uploadFiles(context, credentials, field, String(value), items[at], at, found.files)
					: cellOf(value);
			}
			found.rows.push(row);
			found.items.push(at);
			if (found.rows.length === 1) {
				const settings = fields.filter((field) => !field.sent && values[field.name] !== undefined);
				for (const field of settings) found.settings[field.name] = values[field.name] as IDataObject;
			}
		} catch (error) {
			if (!context.continueOnFail()) {
				throw new NodeOperationError(context.getNode(), error as Error, { itemIndex: at });
			}
			found.errors.push({ item: at, error: error as Error });
		}
	}
	const used = fields.filter((field) => found.rows.some((row) => field.name in row));
	found.settings.columns = Object.fromEntries(used.map((field) => [field.name, field.name]));
	return found;
}

function readValues(context: IExecuteFunctions, fields: Field[], at: number): IDataObject {
	const values = { ...(context.getNodeParameter('options', at, {}) as IDataObject) };
	for (const field of fields.filter((candidate) => candidate.shown)) {
		values[field.name] = context.getNodeParameter(field.name, at, '') as IDataObject;
	}
	return values;
}

/** Lists and objects travel as JSON text, because all rows of a column have to be of one type. */
function cellOf(value: unknown): string | number | boolean {
	return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
}

async function uploadFiles(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	field: Field,
	named: string,
	item: INodeExecutionData,
	at: number,
	files: string[],
): Promise<string> {
	const names = field.many ? named.split(',').map((name) => name.trim()) : [named];
	if (!names.some((name) => item.binary?.[name])) return named;
	const uploaded: string[] = [];
	for (const name of names) {
		if (!item.binary?.[name]) {
			uploaded.push(name);
			continue;
		}
		const file = `${context.getExecutionId()}-${Date.now()}-${at}-${files.length}.${extension(item, name)}`;
		await upload(context, credentials, file, at, name);
		files.push(file);
		uploaded.push(file);
	}
	return field.many ? JSON.stringify(uploaded) : uploaded[0];
}

function extension(item: INodeExecutionData, name: string): string {
	const { fileExtension, mimeType } = item.binary![name];
	return (fileExtension ?? mimeType.split('/')[1] ?? 'bin').replace(/[^A-Za-z0-9]/g, '') || 'bin';
}

async function upload(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	file: string,
	at: number,
	name: string,
): Promise<void> {
	const { id } = context.helpers.assertBinaryData(at, name);
	// A file that n8n keeps on its disk is streamed; one that it holds in memory has no id.
	const body = id
		? await context.helpers.getBinaryStream(id)
		: await context.helpers.getBinaryDataBuffer(at, name);
	const size = id
		? (await context.helpers.getBinaryMetadata(id)).fileSize
		: (body as Buffer).length;
	await request(context, credentials, {
		method: 'PUT',
		url: `/files/${file}`,
		body,
		headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': size },
		json: false,
	});
}
