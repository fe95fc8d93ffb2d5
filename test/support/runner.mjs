// A process that runs verbs of one plan, one after the other: node runner.mjs <folder of plans> <plan> <verb>…
// Connects by SEGUE_DATABASE_URL. Events go to stdout, a JSON object a line; an error to stderr, in the same form.
import { createSegue } from "../../dist/index.js";

const [plans, plan, ...verbs] = process.argv.slice(2);
const segue = createSegue({ plans, onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`) });

const RUN = {
  expand: () => segue.expand(plan),
  backfill: () => segue.backfill(plan),
  contract: () => segue.contract(plan, { yes: true }),
  reverse: () => segue.reverse(plan),
  resume: () => segue.resume(plan, { yes: true }),
};

try {
  for (const verb of verbs) await RUN[verb]();
} catch (error) {
  const { code, message, cause } = error;
  process.stderr.write(`${JSON.stringify({ code, message, cause: cause?.message, stack: error.stack })}\n`);
  process.exitCode = error.exitCode ?? 70;
}
