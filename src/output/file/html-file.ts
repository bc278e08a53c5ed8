/** One HTML file that opens without a network: its content security policy allows only the style and the script within it. */
import { createHash } from 'node:crypto'
import { escapeXml } from './junit.ts'

export interface HtmlFile {
  readonly title: string
  readonly style: string
  /** Runs after the body; `null` without one. */
  readonly script: string | null
  /** Lines of markup. */
  readonly body: readonly string[]
}

export function renderHtmlFile({ title, style, script, body }: HtmlFile): string {
  const policy = [
    "default-src 'none'",
    ...(script === null ? [] : [`script-src ${hashOf(script)}`]),
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    ...body,
    ...(script === null ? [] : [`<script>${script}</script>`]),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
