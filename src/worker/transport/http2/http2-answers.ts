/** The least of an HTTP/2 server: answers every request on a socket with the same small response. For warming up. */
import type { Socket } from 'node:net'
import {
  ACK,
  ackFrame,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_HEAD_BYTES,
  FrameReader,
  HEADERS,
  SETTINGS,
  settingsFrame,
  writeFrameHead,
} from './frames.ts'

/** `PRI * HTTP/2.0`, which every client says first. */
const MAGIC_BYTES = 24
/** `:status: 200`, as its number in the static table. */
const OK = Buffer.of(0x88)
const BODY = Buffer.from('ok')

export function answerHttp2(socket: Socket): void {
  const answer = (stream: number, flags: number): void => {
    if ((flags & END_STREAM) !== 0) socket.write(answerOf(stream))
  }
  const reader = new FrameReader({
    frame(type, flags, stream) {
      if (type === HEADERS) answer(stream, flags)
      else if (type === SETTINGS && (flags & ACK) === 0) socket.write(ackFrame(SETTINGS, Buffer.alloc(0)))
    },
    data: () => undefined,
    dataEnded: answer,
  })
  let skipped = 0
  socket.write(settingsFrame([]))
  socket.on('data', (bytes) => {
    const skip = Math.min(MAGIC_BYTES - skipped, bytes.length)
    skipped += skip
    reader.read(bytes, skip, bytes.length)
  })
}

function answerOf(stream: number): Buffer {
  const frames = Buffer.alloc(2 * FRAME_HEAD_BYTES + OK.length + BODY.length)
  let at = writeFrameHead(frames, 0, OK.length, HEADERS, END_HEADERS, stream)
  at += OK.copy(frames, at)
  BODY.copy(frames, writeFrameHead(frames, at, BODY.length, DATA, END_STREAM, stream))
  return frames
}
