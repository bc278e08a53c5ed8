/** The formats that can be imported. */
export const FORMATS = ['locust', 'curl', 'har', 'postman', 'openapi', 'log'] as const
export type Format = (typeof FORMATS)[number]
