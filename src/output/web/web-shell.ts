/** The documents of the live page: the page itself, which its script fills, and the form that asks for the token. */
import { SAFE_HEADERS } from './web-guard.ts'

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='%230b5fa5'%3E%3Cpath d='M1 9h3v6H1zM6 5h3v10H6zM11 1h3v14h-3z'/%3E%3C/svg%3E"

const documentOf = (...body: readonly string[]): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>corerush</title>',
    `<link rel="icon" href="${ICON}">`,
    '<link rel="stylesheet" href="live.css">',
    '</head>',
    '<body>',
    ...body,
    '</body>',
    '</html>',
    '',
  ].join('\n')

/** The page; with a cookie its script needs no token. */
export const shell = (hasCookie: boolean): string =>
  documentOf(
    `<main id="page"${hasCookie ? ' data-has-cookie' : ''}></main>`,
    '<noscript><p>This page needs JavaScript to show the run.</p></noscript>',
    '<script src="live.js"></script>',
  )

/** The form that asks for the token; `text` says why. */
export const signIn = (text: string): string =>
  documentOf(
    '<main>',
    '<form class="sign-in" action="/" method="get">',
    '<h1>corerush</h1>',
    `<p role="status">${text}</p>`,
    '<label for="token">Token</label>',
    '<input id="token" name="token" type="password" autocomplete="off" required autofocus>',
    '<button class="primary">Open</button>',
    '</form>',
    '</main>',
  )

/** Of the form, which leads to the page itself. */
export const SIGN_IN_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': SAFE_HEADERS['content-security-policy']!.replace(
    "form-action 'none'",
    "form-action 'self'",
  ),
}
