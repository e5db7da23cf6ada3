// Static files: read once at start from the browser folder, served by exact name, so that no path can leave it.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Route } from './http.ts';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** One route per file of the folder: /assets/<name>. */
export function assetRoutes(folder: string): Route[] {
  return readdirSync(folder).flatMap((name): Route[] => {
    const type = types[extname(name)];
    if (type === undefined) return [];
    const body = readFileSync(join(folder, name));
    const headers = { 'Cache-Control': 'no-cache' };
    return [{ method: 'GET', pattern: `/assets/${name}`, handle: () => ({ status: 200, type, body, headers }) }];
  });
}
