// fauxqs on one port of 127.0.0.1; its own command would listen on every interface.
// Arguments: the directory of the package, the port.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [directory, port] = process.argv.slice(2);
const { buildApp } = await import(pathToFileURL(resolve(directory, "dist/app.js")));
await buildApp({ logger: false }).listen({ host: "127.0.0.1", port: Number(port) });
