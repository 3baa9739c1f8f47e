// DynamoDB on loopback: dynalite, kept in a folder. Arguments: the node_modules folder, the data folder, a port or 0.
// ChildProcess on the C# side ends it when the local cloud ends, however that happens.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, folder, port] = process.argv.slice(2);
const require = createRequire(join(modules, 'tables.mjs'));
const dynalite = require('dynalite');

// Tables are usable at once: AWS takes seconds, but nothing of ours creates a table while it runs.
const server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.on('error', error => {
  console.error(error.message);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`ready ${process.pid} ${server.address().port}`));
