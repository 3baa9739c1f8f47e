// A bank that offers files by SFTP, and the client that a connector of AWS Transfer Family would be. Arguments: the node_modules folder and the bank's
// folder. The server lets nobody write. The client is asked over HTTP: GET /list?folder=…, GET /file?path=…; each call is a connection of its own.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { join, posix } from 'node:path';

const [modules, folder] = process.argv.slice(2);
const require = createRequire(join(modules, 'sftp.mjs'));
const { Client, Server, utils } = require('ssh2');
const { OPEN_MODE, STATUS_CODE } = utils.sftp;

const hostKey = utils.generateKeyPairSync('ecdsa', { bits: 256 });
const trusted = utils.parseKey(hostKey.public).getPublicSSH();
const user = 'modupay';
const password = randomBytes(16).toString('hex');

// Whatever a path says, it stays in the folder.
const inside = path => join(folder, posix.normalize(posix.join('/', path)));
const attributes = found => ({ mode: found.mode, uid: 0, gid: 0, size: found.size, atime: found.atimeMs / 1000 | 0, mtime: found.mtimeMs / 1000 | 0 });
const statusOf = error => error.code === 'ENOENT' || error.code === 'ENOTDIR' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE;

const bank = new Server({ hostKeys: [hostKey.private] }, connection => {
  connection.on('error', () => {}); // Somebody went away without a word.
  connection.on('authentication', attempt => {
    if (attempt.method === 'none') return attempt.reject(['password']);
    const right = attempt.method === 'password' && attempt.username === user && attempt.password.length === password.length
      && timingSafeEqual(Buffer.from(attempt.password), Buffer.from(password));
    return right ? attempt.accept() : attempt.reject(['password']);
  });
  connection.on('session', accept => accept().on('sftp', acceptSftp => serve(acceptSftp())));
});

function serve(sftp) {
  const open = new Map();
  let last = 0;
  const handle = value => {
    const id = Buffer.alloc(4);
    id.writeUInt32BE(++last);
    open.set(last, value);
    return id;
  };
  const held = id => open.get(id.readUInt32BE(0));
  const answer = (id, work) => work().catch(error => sftp.status(id, statusOf(error)));
  const stat = (id, path) => answer(id, async () => sftp.attrs(id, attributes(await fs.stat(inside(path)))));
  sftp.on('REALPATH', (id, path) => sftp.name(id, [{ filename: posix.normalize(posix.join('/', path)), longname: '', attrs: {} }]));
  sftp.on('STAT', stat).on('LSTAT', stat);
  sftp.on('FSTAT', (id, file) => answer(id, async () => sftp.attrs(id, attributes(await held(file).stat()))));
  sftp.on('OPENDIR', (id, path) => answer(id, async () => {
    const names = await fs.readdir(inside(path));
    const entries = await Promise.all(names.map(async filename => ({ filename, longname: filename, attrs: attributes(await fs.stat(join(inside(path), filename))) })));
    sftp.handle(id, handle({ entries }));
  }));
  sftp.on('READDIR', (id, directory) => {
    const some = held(directory).entries.splice(0, 100);
    return some.length > 0 ? sftp.name(id, some) : sftp.status(id, STATUS_CODE.EOF);
  });
  sftp.on('OPEN', (id, path, flags) => answer(id, async () => {
    if (flags & (OPEN_MODE.WRITE | OPEN_MODE.APPEND | OPEN_MODE.CREAT | OPEN_MODE.TRUNC)) return sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    return sftp.handle(id, handle(await fs.open(inside(path), constants.O_RDONLY)));
  }));
  sftp.on('READ', (id, file, offset, length) => answer(id, async () => {
    const { bytesRead, buffer } = await held(file).read(Buffer.alloc(Math.min(length, 1 << 18)), 0, Math.min(length, 1 << 18), offset);
    return bytesRead === 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.data(id, buffer.subarray(0, bytesRead));
  }));
  sftp.on('CLOSE', (id, file) => answer(id, async () => {
    await held(file)?.close?.();
    open.delete(file.readUInt32BE(0));
    sftp.status(id, STATUS_CODE.OK);
  }));
}

// One connection for one question. The server must prove to be the bank whose host key is known, as a connector demands it.
function withSftp(port, use) {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on('error', reject).on('ready', () => client.sftp(async (error, sftp) => {
      try {
        if (error) throw error;
        resolve(await use(sftp));
      } catch (failure) {
        reject(failure);
      } finally {
        client.end();
      }
    }));
    client.connect({ host: '127.0.0.1', port, username: user, password, hostVerifier: key => key.equals(trusted) });
  });
}

const called = (target, name, ...values) => new Promise((resolve, reject) => target[name](...values, (error, result) => error ? reject(error) : resolve(result)));

async function ask(port, url) {
  if (url.pathname === '/list') {
    const entries = await withSftp(port, sftp => called(sftp, 'readdir', url.searchParams.get('folder')));
    return JSON.stringify(entries.map(({ filename, attrs }) => ({ name: filename, folder: attrs.isDirectory(), size: attrs.size, modifiedAt: new Date(attrs.mtime * 1000).toISOString() })));
  }
  return withSftp(port, sftp => called(sftp, 'readFile', url.searchParams.get('path')));
}

bank.listen(0, '127.0.0.1', () => {
  const sftpPort = bank.address().port;
  const web = createServer(async (request, response) => {
    try {
      response.end(await ask(sftpPort, new URL(request.url, 'http://localhost')));
    } catch (error) {
      response.writeHead(error.code === STATUS_CODE.NO_SUCH_FILE ? 404 : 502).end(error.message);
    }
  });
  web.listen(0, '127.0.0.1', () => console.log(`ready ${process.pid} ${web.address().port} ${sftpPort}`));
});
