/** Where a session connects: plain data, so that it can be handed to another session, a listener or a worker. */
export interface ConnectionOptions {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  /** Absent: the driver asks `.pgpass`. */
  readonly password?: string;
  /** What `sslmode` and its companions came to; absent or false is no TLS. */
  readonly ssl?: boolean | TlsOptions;
  /** A libpq URI; the other fields are then unset. */
  readonly connectionString?: string;
  /** Milliseconds: libpq's `connect_timeout`. */
  readonly connectionTimeoutMillis?: number;
  /** libpq's `options`: settings for the server (`-c geqo=off`). */
  readonly options?: string;
  readonly sslnegotiation?: "postgres" | "direct";
  readonly enableChannelBinding?: boolean;
}

/** The part of Node's TLS options that libpq's `sslmode`, `sslrootcert`, `sslcert` and `sslkey` map to. */
export interface TlsOptions {
  /** False is `sslmode=require` without a root certificate: encrypted, but anyone may answer. */
  readonly rejectUnauthorized?: boolean;
  /** PEM text. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  /** Replaces the host name check; `verify-ca` returns undefined for any name. */
  readonly checkServerIdentity?: () => undefined;
}

/** A connection as the configuration chose it. */
export interface ConnectionTarget {
  readonly options: ConnectionOptions;
  /** Where it came from, for people: `--url`, `DATABASE_URL`, `segue.yaml (production)`. */
  readonly source: string;
  /** The target without its password, for people. */
  readonly redacted: string;
}
