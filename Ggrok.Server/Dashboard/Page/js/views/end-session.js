import { confirmThat } from '../shell/dialog.js';
import { orSay, toast } from '../shell/toast.js';

/** Asks, and ends the session of a client. */
export function endSession(app, id, client, done) {
  confirmThat({
    title: 'End the session?',
    text: `${client} is told and stops; it does not connect again by itself. Requests that run break off, and all tunnels of the session close.`,
    word: 'End the session',
    act: () => orSay(async () => {
      await app.api.write('DELETE', `sessions/${encodeURIComponent(id)}`);
      toast(`The session of ${client} was ended.`);
      done();
    }),
  });
}
