// PouchDB in this process, pouchdb-server in another, LevelDB in both, HTTP on loopback.
//
// Prints one line of JSON per figure for the records in the file that the first argument names.

import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import PouchDB from "pouchdb";

const CHANGES = 101;
const BATCH = 1000;
const require = createRequire(import.meta.url);

const records = fs.readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
const n = records.length;
const say = (name, value, unit) => console.log(JSON.stringify({ name, peer: "pouchdb", n, value, unit }));
const seconds = (start) => Number(process.hrtime.bigint() - start) / 1e9;

// Every connection that this process makes is to the server.
const sockets = [];
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...where) {
    sockets.push(this);
    return connect.apply(this, where);
};
const bytes = () => sockets.reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0);

const freePort = () =>
    new Promise((resolve) => {
        const server = net.createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "peer-pouchdb-"));
const port = await freePort();
const program = path.join(path.dirname(require.resolve("pouchdb-server/package.json")), "bin", "pouchdb-server");
const server = spawn(
    process.execPath,
    [program, "--host", "127.0.0.1", "--port", String(port), "--dir", folder, "--no-stdout-logs"],
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
);
process.on("exit", () => {
    server.kill();
    fs.rmSync(folder, { recursive: true, force: true });
});
const url = `http://127.0.0.1:${port}`;
await new Promise((resolve, reject) => {
    server.once("exit", () => reject(new Error("pouchdb-server ended")));
    const look = () => {
        const probe = net.connect(port, "127.0.0.1", () => {
            probe.destroy();
            resolve();
        });
        probe.once("error", () => setImmediate(look));
    };
    look();
});

const remote = new PouchDB(`${url}/records`);
const id = (number) => String(number).padStart(16, "0");
for (let from = 0; from < n; from += BATCH) {
    const batch = records.slice(from, from + BATCH);
    await remote.bulkDocs(batch.map((record, at) => ({ _id: id(from + at), ...record })));
}

const local = new PouchDB(path.join(folder, "local"));
await local.info();
const options = { batch_size: BATCH };
const before = process.memoryUsage().rss;
let counted = bytes();
let start = process.hrtime.bigint();
await local.replicate.from(remote, options);
const took = seconds(start);
const { doc_count } = await local.info();
if (doc_count !== n) {
    throw new Error(`${doc_count} of ${n} documents came`);
}
say("first_sync_stored_s", took, "s");
say("first_sync_built_s", took, "s");
say("bytes_per_document", (bytes() - counted) / n, "B");
say("rss_per_document_bytes", Math.max(0, process.memoryUsage().rss - before) / n, "B");

counted = bytes();
await local.replicate.from(remote, options);
say("reconnect_unchanged_bytes", bytes() - counted, "B");

// Pushed live, so that whoever writes is also who sends, as with the others.
const live = local.replicate.to(remote, { live: true });
await new Promise((resolve) => live.once("paused", resolve));
counted = bytes();
const times = [];
let revision = (await local.get(id(0)))._rev;
for (let time = 1; time <= CHANGES; time += 1) {
    const there = new Promise((resolve) => live.once("change", resolve));
    start = process.hrtime.bigint();
    const put = await local.put({ ...records[0], _id: id(0), _rev: revision, capacity_left: time % 20 });
    revision = put.rev;
    await there;
    times.push(seconds(start) * 1e3);
}
times.sort((a, b) => a - b);
say("one_change_ms_p50", times[times.length >> 1], "ms");
say("one_change_bytes", (bytes() - counted) / CHANGES, "B");
live.cancel();
process.exit(0);
