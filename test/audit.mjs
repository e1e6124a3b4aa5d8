/**
 * Asks the registry for known vulnerabilities of what is installed for running. Not every registry answers; then this says that nothing
 * was checked, and ends with 3: silence is not a clean bill.
 */
import { spawnSync } from "node:child_process";

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8", maxBuffer: 1 << 26 });
let answer;
try {
  answer = JSON.parse(stdout);
} catch {
  answer = { error: { summary: "npm gave no answer" } };
}
if (answer.error || answer.message || !answer.metadata?.vulnerabilities) {
  console.log(`Not checked: ${answer.error?.summary || answer.message || "the registry gave no list"}`);
  process.exitCode = 3;
} else {
  const { total, ...levels } = answer.metadata.vulnerabilities;
  for (const [name, { severity, range }] of Object.entries(answer.vulnerabilities))
    console.log(`${severity}: ${name} ${range}`);
  console.log(total === 0 ? "Checked: none known." : `Checked: ${JSON.stringify(levels)}`);
  process.exitCode = (levels.high ?? 0) + (levels.critical ?? 0) > 0 ? 1 : 0;
}
