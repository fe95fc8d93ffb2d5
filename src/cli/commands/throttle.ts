import { type Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type ExitCode, SegueError } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { durationOf } from "../global-options.ts";
import { inFlight } from "../in-flight.ts";

interface ThrottleOptions {
  readonly ratio?: number;
  /** Milliseconds. */
  readonly ttl?: number;
  readonly off?: boolean;
}

/** `segue throttle <plan> --ratio <r>` */
export const declareThrottle: DeclareCommand = (program, run) => {
  program
    .command("throttle")
    .argument("<plan>", "its id, file, version or name")
    .description("makes a fill sleep in proportion to its work, from its next batch on, on whatever host it runs")
    .addOption(new Option("--ratio <number>", "time slept per time worked").argParser(ratioOf).conflicts("off"))
    .addOption(
      new Option("--ttl <duration>", "how long it holds; else until it is taken off").argParser(ttlOf).conflicts("off"),
    )
    .option("--off", "take it off")
    .action(async (plan: string, options: ThrottleOptions, command: Command) => {
      await run(command, (context) => throttle(context, plan, options));
    });
};

function ratioOf(text: string): number {
  const ratio = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(ratio <= 100)) throw new InvalidArgumentError("a ratio is a number from 0 to 100");
  return ratio;
}

function ttlOf(text: string): number {
  const ttl = durationOf(text);
  if (ttl === 0) throw new InvalidArgumentError("a throttle has to hold for some time; --off takes it off");
  return ttl;
}

async function throttle(context: Context, word: string, { ratio, ttl, off }: ThrottleOptions): Promise<ExitCode> {
  const asked = off === true ? 0 : ratio;
  if (asked === undefined) {
    const message = "`throttle` needs `--ratio` or `--off`";
    throw new SegueError("SEG0502", { message, next: "segue throttle --help" });
  }
  const { plan, state } = await inFlight(context, word);
  const { until, changed } = await context.segue.throttle(plan, { ratio: asked, ttl });
  context.output.result("throttle", { plan, state, ratio: asked, until, changed }, text());
  return EXIT.done;

  function text(): string {
    if (asked === 0) return changed ? `${plan} sleeps no longer.` : `Nothing to do: ${plan} is not throttled.`;
    const end = until === null ? "" : ` until ${until}`;
    const next = context.suggest(`Next: segue throttle ${plan} --off`);
    return `${plan} sleeps ${asked} times as long as it works, from its next batch on${end}.\n${next}`;
  }
}
