/** A test on several hosts: it makes realms of its own, which end with it, so that tests can go on at once. */
import { test as base } from 'vitest'
import { Rig, type Realm, type RealmOptions } from './hosts.ts'

let rig: Promise<Rig> | null = null

/** The machine of all tests of a file; made with the first that asks for it. */
export const theRig = (): Promise<Rig> => (rig ??= Rig.make())

/** Ends the machine, if it was made. For `afterAll`. */
export const endRig = async (): Promise<void> => (await rig)?.dispose()

export const test = base.extend<{ rig: Rig; realm: (options?: RealmOptions) => Realm }>({
  rig: async ({}, use) => use(await theRig()),
  realm: async ({ rig }, use) => {
    const realms: Realm[] = []
    await use((options) => {
      const realm = rig.realm(options)
      realms.push(realm)
      return realm
    })
    for (const realm of realms) await realm.dispose()
  },
})
