/** A `FormData` as multipart/form-data (RFC 7578), written as browsers write it. */

/**
 * Reads all parts, files included, into one body. The same parts give the same bytes: the boundary is a fixed text, with
 * the first number after it that makes it occur in no part.
 */
export async function multipartOf(
  form: FormData,
): Promise<{ readonly bytes: Buffer; readonly type: string }> {
  const parts: { readonly head: string; readonly content: Buffer }[] = []
  for (const [name, value] of form) {
    const disposition = `Content-Disposition: form-data; name="${quoted(name)}"`
    if (typeof value === 'string')
      parts.push({ head: `${disposition}\r\n\r\n`, content: Buffer.from(value.replace(NEWLINE, '\r\n')) })
    else
      parts.push({
        head: `${disposition}; filename="${quoted(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`,
        content: Buffer.from(await value.arrayBuffer()),
      })
  }
  let boundary = BOUNDARY
  for (let n = 1; parts.some(({ content }) => content.includes(boundary)); n++)
    boundary = BOUNDARY + String(n)
  const bytes = Buffer.concat([
    ...parts.flatMap(({ head, content }) => [
      Buffer.from(`--${boundary}\r\n${head}`),
      content,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
  return { bytes, type: `multipart/form-data; boundary=${boundary}` }
}

const BOUNDARY = '----corerush-form-boundary'
const NEWLINE = /\r\n|\r|\n/g

/** A name within quotes, as the HTML standard escapes it. */
const quoted = (name: string): string =>
  name
    .replace(NEWLINE, '\r\n')
    .replace(/[\r\n"]/g, (char) => (char === '"' ? '%22' : char === '\r' ? '%0D' : '%0A'))
