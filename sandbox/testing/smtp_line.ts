// An SMTP client by hand, so that tests can say what no decent client would.
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export class SmtpLine {
  #socket: Socket;
  #text = '';
  #wake: () => void = () => undefined;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Connects and reads the greeting. */
  static async open(port: number): Promise<SmtpLine> {
    const line = new SmtpLine(connectPlain(port, '127.0.0.1'));
    await line.read();
    return line;
  }

  /** Says EHLO and STARTTLS, and goes on encrypted. */
  static async openSecure(port: number, ca: string): Promise<SmtpLine> {
    const line = await SmtpLine.open(port);
    await line.say('EHLO test');
    await line.say('STARTTLS');
    line.#socket.removeAllListeners();
    line.#socket = connectTls({
      socket: line.#socket,
      ca: readFileSync(ca),
      servername: 'mail.localhost',
      minVersion: 'TLSv1.2',
    });
    line.#listen();
    await line.say('EHLO test');
    return line;
  }

  /** Sends a line and returns the reply's code and text; "" when the other side hung up. */
  async say(text: string): Promise<string> {
    this.#socket.write(`${text}\r\n`);
    return this.read();
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  async read(): Promise<string> {
    const until = performance.now() + 5000;
    for (;;) {
      const last = /(?:^|\r\n)(\d{3} [^\r]*)\r\n$/.exec(this.#text)?.[1];
      if (last !== undefined) {
        this.#text = '';
        return last;
      }
      if (this.#closed || performance.now() > until) return '';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 500);
      });
    }
  }

  /** One whole mail; returns the reply after its end. */
  async mail(to: string, content: string | Buffer): Promise<string> {
    await this.say('MAIL FROM:<no-reply@pay.localhost>');
    await this.say(`RCPT TO:<${to}>`);
    await this.say('DATA');
    this.write(content);
    return this.say('\r\n.');
  }

  end(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
  }
}
