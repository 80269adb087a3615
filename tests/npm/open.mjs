// Opens an Automerge file with the JavaScript Automerge and prints its values as JSON.
import { readFileSync } from "node:fs";
import * as Automerge from "@automerge/automerge";

const document = Automerge.load(new Uint8Array(readFileSync(process.argv[2])));
const plain = (value) => {
  if (Automerge.isImmutableString(value)) return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
};
console.log(JSON.stringify(plain(Automerge.toJS(document))));
