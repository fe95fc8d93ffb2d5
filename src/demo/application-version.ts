import type { ApplicationRow } from "../index.ts";
import type { Customer } from "./shop.ts";

/** The versions of the shop's application: the deployed one, the one that the first plan is for, and one for the second. */
export const VERSIONS = ["1", "2", "3"] as const;
export type Version = (typeof VERSIONS)[number];

/** Which columns of customers a version knows. */
export interface CustomerColumns {
  readonly handle: string;
  /** The values that the version writes, by column, in a fixed order. */
  write(customer: Customer): Readonly<Record<string, string>>;
  /** What a row means to the version. */
  read(row: ApplicationRow): Customer;
}

/** How a version names its sessions. */
export function applicationName(version: Version): string {
  return `shop/${version}`;
}

/** What a version knows of customers: the plans of the demo lead from one to the next. */
export function customerColumns(version: Version): CustomerColumns {
  switch (version) {
    case "1":
      return {
        handle: "username",
        write: ({ handle, firstName, lastName, city }) => ({
          username: handle,
          full_name: `${firstName} ${lastName}`,
          city,
        }),
        read: (row) => {
          const [firstName = "", ...rest] = text(row["full_name"]).split(" ");
          return { handle: text(row["username"]), firstName, lastName: rest.join(" "), city: text(row["city"]) };
        },
      };
    case "2":
      return splitColumns("city");
    case "3":
      return splitColumns("town");
    default:
      return version satisfies never;
  }
}

function splitColumns(place: string): CustomerColumns {
  return {
    handle: "handle",
    write: ({ handle, firstName, lastName, city }) => ({
      handle,
      first_name: firstName,
      last_name: lastName,
      [place]: city,
    }),
    read: (row) => ({
      handle: text(row["handle"]),
      firstName: text(row["first_name"]),
      lastName: text(row["last_name"]),
      city: text(row[place]),
    }),
  };
}

/** A column that a row lacks, or that is NULL, equals no text that was written. */
function text(value: unknown): string {
  return typeof value === "string" ? value : `(${String(value)})`;
}
