import { z } from "zod";
import { objectName } from "../model/fields.ts";
import { settings, views } from "../plan/settings.ts";

const variable = z.string().refine((text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text), {
  error: "the name of an environment variable is expected, not a URL or other text",
});

const shared = {
  plans: z
    .string()
    .min(1, "a folder's name can't be empty")
    .describe("The folder of plans, from this file's folder. Default plans.")
    .exactOptional(),
  schema: objectName.describe("Where names without a schema live. Default public.").exactOptional(),
  database: z
    .strictObject({
      url_env: variable.describe("The environment variable that holds the URL.").exactOptional(),
      url: z
        .unknown()
        .refine(() => false, {
          error: "a URL holds a password, and this file is shared; name an environment variable with `url_env`",
        })
        .exactOptional(),
    })
    .describe("Where the database is named.")
    .exactOptional(),
  views: views.exactOptional(),
  settings: settings.describe("Defaults of all plans.").exactOptional(),
};

/** segue.yaml: every key optional, nothing unknown. */
export const configFields = z.strictObject({
  ...shared,
  environments: z
    .record(z.string(), z.strictObject(shared))
    .describe("What differs in an environment, chosen with `--env`.")
    .exactOptional(),
});
export type ConfigFields = z.infer<typeof configFields>;
