/** The NATS subjects of coordinators and agents. Names are tokens of them, so that a server can say who may use which. */

/** What the name of an agent or a realm looks like. */
export const SUBJECT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/

/** Whether a text can be the name of an agent or a realm: part of a subject. */
export const isSubjectName = (text: string): boolean => SUBJECT_NAME.test(text)
export const SUBJECT_NAME_RULE = 'must be 1 to 40 small letters, digits and dashes'

/** The subjects of a realm. */
export const subjectsOf = (realm: string) => {
  const root = `corerush.${realm}`
  const run = (id: string, agent: string): string => `${root}.run.${id}.${agent}`
  return {
    find: `${root}.find`,
    inbox: (name: string) => `${root}.inbox.${name}`,
    order: (agent: string, instance: string) => `${root}.agent.${agent}.${instance}.order`,
    /** What agents ask the coordinator of a run; `*` for any agent. */
    clock: (id: string, agent: string) => `${run(id, agent)}.clock`,
    second: (id: string, agent: string) => `${run(id, agent)}.second`,
    tell: (id: string, agent: string) => `${run(id, agent)}.tell`,
    tickets: (id: string, agent: string) => `${run(id, agent)}.tickets`,
    blobs: (id: string, agent: string) => `${run(id, agent)}.blob`,
  }
}

/** The name of the agent that asked on a subject of a run. */
export const agentOfSubject = (subject: string): string => subject.split('.')[4] ?? ''
