import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The source tree. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
/** Where karv, karv-server and karv-vault are. */
export const bin = resolve(process.env['KARV_BIN_DIR'] ?? resolve(root, 'build/asan/bin'));
