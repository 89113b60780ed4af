import type { INodeProperties } from 'n8n-workflow';

import derived from './operations.json';

/** A field of an operation, as far as its parameters do not say it. */
export interface Field {
	name: string;
	label: string;
	/** Whether it is part of a request, and may differ from item to item. */
	sent: boolean;
	required: boolean;
	/** Whether it stands outside of Additional Options. */
	shown: boolean;
	/** Whether its value is a file. */
	media: boolean;
	many: boolean;
}

export interface Operation {
	label: string;
	fields: Field[];
}

export const OPERATIONS: Record<string, Operation> = derived.operations;

export const PROPERTIES = derived.properties as INodeProperties[];

/** Return a sentence of the service with fields called as they are here. */
export function inWordsOfPanel(sentence: string, fields: Field[]): string {
	return sentence.replace(/`(\w+)(?:=([^`]*))?`/g, (all, name: string, value?: string) => {
		const field = fields.find((candidate) => candidate.name === name);
		return field ? (value ? `${field.label}: ${value}` : field.label) : all;
	});
}
