/** Type-checks every room by its own tsconfig.json, two at a time; prints what is wrong and ends with 1. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
/** The pages are of the edge, and typed by the browser they run in. */
const rooms = [...readdirSync(root), "edge/page"].filter(
  (name) => !name.startsWith(".") && name !== "node_modules" && existsSync(join(root, name, "tsconfig.json")),
);

const check = (room) =>
  new Promise((resolve) => {
    const args = [
      "-p",
      join(root, room),
      "--incremental",
      "--tsBuildInfoFile",
      join(root, ".cache/types", `${room.replace("/", "-")}.json`),
    ];
    const child = spawn(process.execPath, [tsc, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("exit", (code) => resolve(code === 0));
  });

let good = true;
const queue = [...rooms];
const next = async () => {
  for (let room = queue.shift(); room !== undefined; room = queue.shift()) {
    if (!(await check(room))) {
      good = false;
      console.error(`types: ${room}/ has errors`);
    }
  }
};
await Promise.all([next(), next()]);
if (good) console.log(`types: ${rooms.length} rooms are sound`);
process.exit(good ? 0 : 1);
