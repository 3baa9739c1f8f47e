// Checks a ledger receipt without Modupay: node verify-receipt.mjs receipt.json [public-key.pem]
//
// A journal's text is hashed to a leaf (SHA-256 behind a zero byte, RFC 6962) and climbs to the root in its block's text; the block's text
// climbs to the root in the head's text; the head is signed (ECDSA P-256). Keep the public key from a source other than the receipt.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [file, keyFile] = process.argv.slice(2);
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leaf = text => sha256(Buffer.from([0]), Buffer.from(text));
const climb = (node, path) => path.reduce((below, step) => {
  const other = Buffer.from(step.slice(1), 'hex');
  return step[0] === 'L' ? sha256(Buffer.from([1]), other, below) : sha256(Buffer.from([1]), below, other);
}, node).toString('hex');
const fields = text => text.replace(/\n+$/, '').split('\t');
const stop = reason => { console.error(reason); process.exit(1); };

const receipt = JSON.parse(readFileSync(file, 'utf8'));
const block = fields(receipt.block);
if (climb(leaf(receipt.journal), receipt.journalPath) !== block[4]) stop('FALSE: the journal is not in the block');
if (!receipt.head) stop('INCOMPLETE: the journal is in the block, but no signed head covers the block yet');
const head = fields(receipt.head.text);
if (climb(leaf(receipt.block), receipt.blockPath) !== head[3] || head[1] !== block[1]) stop('FALSE: the block is not under the head');
if (!keyFile) stop('INCOMPLETE: consistent up to the head, whose signature was not checked: name the public key');
const key = createPublicKey(readFileSync(keyFile));
if (!verify('sha256', Buffer.from(receipt.head.text), key, Buffer.from(receipt.head.signature, 'base64'))) stop('FALSE: the head is not signed by this key');
console.log(`TRUE: signed at ${receipt.head.signedAt}`);
process.stdout.write(receipt.journal);
