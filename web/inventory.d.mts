export interface InventoryEntry {
  page: string;
  path: string;
  owner: string;
  why: string;
}
export interface ListedScript extends InventoryEntry {
  integrity: string;
}
export interface BuiltPart {
  page: string;
  base: string;
  folder: string;
  files: string[];
}
export function integrityOf(file: string): string;
export function makeInventory(entries: InventoryEntry[], parts: BuiltPart[]): { scripts: ListedScript[] };
