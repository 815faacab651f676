/// <reference lib="esnext.disposable" />

/** Milliseconds, or words such as `'90s'`, `'72h'` or `'3d'`. */
export type Span = number | string;

/** The schemas; `outlocal dialects` tells what each has. A profile dates one: `'outlook-final@2015'`. */
export type Dialect =
  | 'outlook-legacy' | 'outlook-interim' | 'outlook-final' | 'graph-preview' | 'graph-v1.0' | 'graph-beta'
  | (string & {});

export type ChangeWord = 'created' | 'updated' | 'deleted';
export type Collection = 'message' | 'event' | 'contact' | 'task';
export type LifecycleEvent = 'missed' | 'reauthorizationRequired' | 'subscriptionRemoved';

export interface StartOptions {
  /** Your webhook's URL: subscribed before `start` resolves, which rejects with cause and cure if the handshake fails. */
  webhook?: string;
  /** What to subscribe it to; `me/messages` if left out. */
  watch?: string | string[];
  /** Of which changes it is told; `created` if left out. */
  change?: ChangeWord | ChangeWord[];
  dialect?: Dialect;
  /** Sent along with notifications, and told to the emulator by a variable, never on its command line. */
  clientState?: string;
  /** What goes wrong, such as `'duplicate:next=1'`: `outlocal fault kinds` lists them. */
  fault?: string | string[];
  /** Of all that is random, to play the same again. */
  seed?: number;
  /** Refuse what is merely borne on this machine: plain http, certificates that nobody signed. */
  strict?: boolean;
  /** `'issued'` takes only tokens that were issued by this emulator. */
  auth?: 'any' | 'issued';
  /** Any further flags of `outlocal emulate`. */
  flags?: string[];
  /** Further variables of the emulator's process. */
  env?: Record<string, string>;
  /** Gets all that happens, as it happens. */
  onEntry?: (entry: JournalEntry) => void;
  /** Milliseconds until it has to be ready; 30 000 if left out. */
  within?: number;
  signal?: AbortSignal;
}

export interface SubscribeOptions {
  /** `me/messages` if left out. */
  resource?: string;
  change?: ChangeWord | ChangeWord[];
  dialect?: Dialect;
  clientState?: string;
  /** Where lifecycle notifications go, in schemas that have them. */
  lifecycleUrl?: string;
  /** How long, such as `'3d'`; what the schema gives if left out. */
  for?: string;
  /** Whose mailbox `me` is. */
  user?: string;
  /** A file with the certificate that content is encrypted for. */
  encrypt?: string;
}

export interface Subscription {
  id: string;
  resource: string;
  changeType: string;
  dialect: string;
  /** The base path at the emulator. */
  path: string;
  expires: string;
}

export interface ChangeOptions {
  count?: number;
  /** Properties of the item, by Graph's names. */
  set?: Record<string, unknown>;
  /** Id of the item to be updated or deleted; the newest if left out. */
  item?: string;
  folder?: string;
  mailbox?: string;
  /** Nothing is sent before all changes are made, so that their notifications share requests as far as they may. */
  together?: boolean;
}

export interface Raised {
  items: { id: string; collection: Collection; mailbox: string; folder?: string; resource: string; entry?: number }[];
  /** Notifications that are due, to all subscriptions together. */
  matched: number;
  /** The journal entry of the first change: `since` for what comes of it. */
  entry?: number;
  /** One line for a person, such as why nothing matched. */
  note?: string;
}

/** Which part of what an emulator has is meant; all of it if nothing is named. */
export interface Selector {
  app?: string;
  mailbox?: string;
  subscription?: string;
  url?: string;
}

export interface HandledOptions extends Selector {
  /** How many notifications are waited for; 1 if left out. */
  count?: number;
  /** Real time; five seconds if left out. */
  within?: Span;
  /** Only those answered after the journal entry with this seq, such as `entry` of a change, or `next` of the call before. */
  since?: number;
  change?: string | string[];
  /** Count items only once they were read as well: for webhooks that answer first and work afterwards. */
  read?: boolean;
}

export interface Handled {
  notifications: {
    subscription: string; change: string; item?: string; status: number; try: number; attempt: number; cause?: number; read?: number;
  }[];
  next: number;
}

export interface WaitOptions {
  kinds?: string[];
  where?: Selector;
  count?: number;
  since?: number;
  within?: Span;
}

export interface JournalOptions extends Selector {
  kinds?: string[];
  since?: number;
  limit?: number;
}

/** One thing that happened. Client states and the query values of URLs are masked. */
export interface JournalEntry {
  seq: number;
  at?: string;
  wall?: string;
  kind: string;
  cause?: number;
  dialect?: string;
  subscription?: string;
  mailbox?: string;
  app?: string;
  url?: string;
  exchange?: {
    method?: string; url?: string; requestHeader?: Record<string, string[]>; requestBody?: string;
    status?: number; responseHeader?: Record<string, string[]>; responseBody?: string; tookMs?: number; error?: string; finding?: string;
  };
  note?: string;
  data?: unknown;
}

export interface Advanced {
  from: string;
  to: string;
  fired: number;
  /** Journal entries with a seq above this came of it. */
  after: number;
  lost: number;
  expired: number;
  due?: string[];
  webhooks?: { url: string; attempts: number; answers?: Record<string, number>; delivered: number; lost?: number; dropped?: number }[];
}

export interface Finding {
  id: string;
  severity: string;
  title: string;
  cause: string;
  cure: string;
  service?: string;
  rule?: string;
  detail?: string;
}

export interface VerifyOptions {
  dialect?: Dialect | Dialect[];
  /** Bear nothing that Microsoft would not. */
  strict?: boolean;
  /** A file with certificates to trust beside the system's. */
  ca?: string;
  /** What the webhook expects: with it, it is judged by what it does with notifications that it believes. */
  clientState?: string;
  /** Ask no more than this, or leave this out: checks, groups and findings, by name. */
  only?: string | string[];
  skip?: string | string[];
  /** How long to wait until something listens there, such as `'30s'`. */
  wait?: string;
  /** How long to wait for each answer, such as `'1s'`; as long as Microsoft does if left out. */
  limit?: string;
  seed?: number;
  /** Any further flags of `outlocal verify`. */
  flags?: string[];
  env?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Verified {
  /** Whether the webhook passes, perhaps with warnings. */
  passed: boolean;
  /** 0 it passes, 1 it fails, 3 nothing answered. */
  exitCode: number;
  findings: Finding[];
  /** All that the command printed. */
  documents: Record<string, unknown>[];
  /** The findings, for a test's message. */
  toString(): string;
}

/** An emulator that runs until it is closed, or this process ends. */
export interface Emulator extends AsyncDisposable {
  readonly name: string;
  /** Base of the API; append `/v1.0`, `/beta`, `/api/v2.0`. */
  readonly url: string;
  /** The same with TLS, by a certificate that `ca` signed. */
  readonly https: string;
  /** Path of the certificate to trust. */
  readonly ca: string;
  /** Base of the control API. */
  readonly control: string;
  /** The forward proxy, with the flag `--proxy`. */
  readonly proxy?: string;
  /** Variables for a process of your own, as `outlocal exec` gives them. */
  readonly env: Record<string, string>;

  /** Subscribes a webhook, as its app would. Rejects with cause and cure if the handshake fails. */
  subscribe(webhook: string, options?: SubscribeOptions): Promise<Subscription>;
  /** Makes something happen in a mailbox. Nothing has been delivered yet when it resolves: see `handled`. */
  change(what?: `${Collection}.${ChangeWord}`, options?: ChangeOptions): Promise<Raised>;
  /** Makes lifecycle notifications due, to all subscriptions or to those selected. */
  lifecycle(event: LifecycleEvent, options?: Selector & { lapse?: boolean }): Promise<{ matched: number; raised: number; entry?: number; note?: string }>;
  /** Waits until webhooks have handled so many notifications. Too few in time is an error that says what was there instead. */
  handled(options?: HandledOptions): Promise<Handled>;
  /** Waits until so many journal entries match. Too few in time is an error; those that did are in its `partial`. */
  wait(options?: WaitOptions): Promise<JournalEntry[]>;
  /** What has happened. */
  journal(options?: JournalOptions): Promise<JournalEntry[]>;
  /** Lets virtual time pass: retries, expiry and lifecycle events that fall due happen before it resolves. */
  advance(by: Span): Promise<Advanced>;
  /** Forgets subscriptions, items and the journal, or of these what is selected. */
  reset(where?: Selector): Promise<{ subscriptions: number; items: number; entries: number }>;
  /** Checks a webhook as `outlocal verify` does. */
  verify(webhook: string, options?: VerifyOptions): Promise<Verified>;
  /** Any call of the control API: `GET /openapi.json` describes them. */
  call(method: string, path: string, body?: unknown, options?: { signal?: AbortSignal }): Promise<any>;
  /** Ends it. May be called more than once. */
  close(): Promise<void>;
}

/** Starts an emulator on free ports, for this process only. */
export function start(options?: StartOptions): Promise<Emulator>;

/** Checks a webhook; needs no emulator. Resolves whatever the verdict is. */
export function verify(url: string, options?: VerifyOptions): Promise<Verified>;

/** Runs any command of outlocal to its end. */
export function run(
  args: string[],
  options?: { env?: Record<string, string>; cwd?: string; signal?: AbortSignal },
): Promise<{ exitCode: number; stdout: string; stderr: string }>;

/** Path of the binary: what `OUTLOCAL_BINARY` names, or else that of this platform's package. */
export function binary(): string;

/** What went wrong; its message ends with what to do about it. */
export class OutlocalError extends Error {
  /** The message without the hint. */
  readonly what: string;
  readonly hint?: string;
  /** A word of the control API, such as `tooFew`. */
  readonly code?: string;
  /** Of the command that failed. */
  readonly exitCode?: number;
  /** What there was, when there was too little. */
  readonly partial?: any;
}
