// Compiled, never run: what the declarations promise, and what they refuse.
import { binary, OutlocalError, run, start, verify, type Emulator, type Verified } from 'outlocal';

export async function promised(): Promise<void> {
  await using outlook: Emulator = await start({ webhook: 'http://localhost:3000/hook', watch: ['me/messages'], fault: 'duplicate:next=1' });
  const { id } = await outlook.subscribe('http://localhost:3000/hook', { change: ['created', 'deleted'], dialect: 'outlook-final@2015' });
  const raised = await outlook.change('event.updated', { set: { subject: 'x' } });
  const { notifications, next } = await outlook.handled({ since: raised.entry, subscription: id, within: '5s' });
  const status: number = notifications[0].status + next;
  await outlook.lifecycle('missed', { subscription: id });
  await outlook.advance(60_000 + status);
  const entries = await outlook.wait({ kinds: ['attempt'], where: { mailbox: 'user@contoso.com' } });
  entries[0].exchange?.status?.toFixed();
  const verdict: Verified = await verify(outlook.url, { dialect: ['graph-v1.0'], strict: true });
  if (!verdict.passed) throw new Error(String(verdict) + binary());
  const { stdout } = await run(['version', '--json'], { env: outlook.env });
  stdout.trim();
  try {
    await outlook.reset();
  } catch (error) {
    if (error instanceof OutlocalError) error.hint?.trim();
  }
}

export async function refused(outlook: Emulator): Promise<void> {
  // @ts-expect-error there is no such collection
  await outlook.change('mail.created');
  // @ts-expect-error nor such an event
  await outlook.lifecycle('gone');
  // @ts-expect-error options are known
  await start({ webhok: 'http://localhost:3000/hook' });
  // @ts-expect-error it is read-only
  outlook.url = 'http://localhost';
}
