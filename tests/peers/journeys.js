// Drives the sandbox with the vendor's unmodified web client. Reads the setting from stdin and writes what
// each journey met to stdout, as JSON; the tests in test_web_client.py judge it.
"use strict";

const { BasicAuth, Client, EventBinaryService } = require("@c8y/client");

const journeys = {
  async signIn({ baseUrl, password, code }) {
    const person = (user) => ({ tenant: "acme", user, password: password[user] });
    const basic = await Client.authenticate(person("admin"), baseUrl);
    const token = await Client.authenticateViaOAuthInternal({ ...person("tfa"), tfa: code }, baseUrl);
    const cookie = await Client.authenticateViaOAuthInternalCookie(person("reader"), baseUrl);
    const withCode = await Client.authenticate({ ...person("tfa"), tfa: code }, baseUrl);
    const names = [];
    for (const client of [basic, token, cookie, withCode]) {
      names.push((await client.user.current()).data.userName);
    }
    const { data: roles } = await basic.user.currentWithEffectiveRoles();
    return {
      tenant: (await token.tenant.current()).data.name,
      names,
      mayAdminister: basic.user.hasRole(roles, "ROLE_USER_MANAGEMENT_ADMIN"),
      withoutCode: await refusal(Client.authenticateViaOAuthInternal(person("tfa"), baseUrl)),
      wrongPassword: await refusal(Client.authenticate({ ...person("admin"), password: "x" }, baseUrl)),
    };
  },

  async registration(setting, admin) {
    const { tenant, user, password } = setting.bootstrap;
    const basicAuth = { user: `${tenant}/${user}`, pass: password };
    const states = [(await admin.deviceRegistration.create({ id: "web-1" })).data.status];
    const early = await refusal(admin.deviceRegistration.accept("web-1"));
    const polled = await refusal(admin.deviceRegistration.bootstrap("web-1", { basicAuth }));
    states.push((await admin.deviceRegistration.detail("web-1")).data.status);
    states.push((await admin.deviceRegistration.accept("web-1")).data.status);
    const credentials = (await admin.deviceRegistration.bootstrap("web-1", { basicAuth })).data;
    const auth = new BasicAuth({
      tenant: credentials.tenantId,
      user: credentials.username,
      password: credentials.password,
    });
    const device = new Client(auth, setting.baseUrl);
    const { data: made } = await device.inventory.create({ name: "web-1", c8y_IsDevice: {} });
    await admin.deviceRegistration.create({ id: "web-2" });
    await refusal(admin.deviceRegistration.bootstrap("web-2", { basicAuth }));
    return {
      states,
      early,
      polled,
      owner: made.owner,
      gone: await refusal(admin.deviceRegistration.detail("web-1")),
      acceptedTogether: (await admin.deviceRegistration.acceptAll()).data.some(
        (result) => result.id === "web-2" && result.successful,
      ),
    };
  },

  async bulkRegistration(_, { deviceRegistrationBulk, deviceRegistration, inventory }) {
    const full = [
      "ID;CREDENTIALS;TYPE;NAME;PATH;SHELL;com_cumulocity_model_Agent.active",
      "web-csv-1;Right-2-Enter;web_type;Web one;web site;1;true",
      "web-csv-2;short;web_type;Web two;web site;1;true",
    ];
    const { data: made } = await deviceRegistrationBulk.create(full.join("\n"));
    const { data: simple } = await deviceRegistrationBulk.create("ID\nweb-csv-3\n");
    const { data: found } = await inventory.listQuery({ __filter: { type: "web_type" } });
    return {
      counts: [made.numberOfAll, made.numberOfSuccessful, made.numberOfFailed],
      failed: made.failedCreationList.map(({ deviceId }) => deviceId),
      simple: simple.numberOfSuccessful,
      waiting: (await deviceRegistration.detail("web-csv-3")).data.status,
      found: found.map(({ name, owner }) => [name, owner]),
    };
  },

  async inventory(_, { inventory }) {
    const made = [];
    for (const [index, size] of [5, 10, 15].entries()) {
      const { data } = await inventory.create({ name: `web (${index})`, type: "web_thing", my_Size: { size } });
      made.push(data.id);
    }
    const asked = async (query) => {
      const { data } = await inventory.listQuery({ __filter: { type: "web_thing", ...query } });
      return data.map((found) => found.my_Size.size);
    };
    const ordered = await inventory.listQuery({
      __filter: { type: "web_thing" },
      __orderby: [{ "my_Size.size": -1 }, { name: 1 }],
    });
    const pages = [];
    let page = await inventory.list({ type: "web_thing", pageSize: 2, withTotalPages: true });
    const { totalPages } = page.paging;
    while (page.data.length) {
      pages.push(page.data.length);
      if (!page.paging.nextPage) break;
      page = await page.paging.next();
    }
    const answers = {
      equal: await asked({ "my_Size.size": 10 }),
      greater: await asked({ "my_Size.size": { __gt: 5 } }),
      between: await asked({ __and: [{ "my_Size.size": { __ge: 5 } }, { "my_Size.size": { __lt: 15 } }] }),
      either: await asked({ __or: [{ "my_Size.size": 5 }, { "my_Size.size": 15 }] }),
      not: await asked({ __not: { "my_Size.size": 5 } }),
      among: await asked({ name: { __in: ["web (0)", "web (2)"] } }),
      having: await asked({ __has: "my_Size" }),
      wildcard: await asked({ name: "WEB*1*" }),
      ordered: ordered.data.map((found) => found.my_Size.size),
      pages,
      totalPages,
      count: (await inventory.count({ type: "web_thing" })).data,
    };
    await inventory.update({ id: made[0], my_Size: null, my_Note: { text: "seen" } });
    const changed = (await inventory.detail(made[0])).data;
    return {
      ...answers,
      changed: [changed.my_Size === undefined, changed.my_Note.text],
      deleted: (await Promise.all(made.map((id) => inventory.delete(id)))).map(({ res }) => res.status),
      left: (await inventory.list({ type: "web_thing" })).data.length,
    };
  },

  async hierarchy(_, { inventory, identity }) {
    const group = { name: "web group", type: "c8y_DeviceGroup", c8y_IsDeviceGroup: {} };
    const { data: root } = await inventory.create(group);
    const { data: sub } = await inventory.childAssetsCreate({ ...group, type: "c8y_DeviceSubGroup" }, root);
    const devices = [];
    for (const name of ["a", "b", "c"]) {
      devices.push((await inventory.create({ name, c8y_IsDevice: {} })).data);
    }
    const { data: added } = await inventory.childAssetsAdd(devices[0], sub);
    const { data: bulk } = await inventory.childAssetsBulkAdd([devices[1].id, devices[2].id], sub);
    await inventory.childAssetsRemove(devices[2], sub);
    const { data: children } = await inventory.childAssetsList(sub, { withTotalPages: true });
    const name = { type: "c8y_Serial", externalId: "web-serial" };
    await identity.create({ ...name, managedObject: { id: devices[0].id } });
    const { data: found } = await identity.detail(name);
    await identity.delete(name);
    await inventory.delete(root.id, { cascade: true });
    return {
      subgroup: sub.type,
      added: added.name,
      bulk: bulk.map((child) => child.name),
      children: children.map((child) => child.name),
      found: found.managedObject.id === devices[0].id,
      unbound: await refusal(identity.detail(name)),
      gone: await refusal(inventory.detail(devices[0].id)),
    };
  },

  async records(_, { alarm, event, measurement, inventory }) {
    const source = { id: (await inventory.create({ name: "web source", c8y_IsDevice: {} })).data.id };
    const time = "2026-03-01T12:00:00.000Z";
    const kind = { type: "web_Alarm", text: "Hot", severity: "MAJOR", status: "ACTIVE", time, source };
    const { data: raised } = await alarm.create({ ...kind });
    const { data: repeated } = await alarm.create({ ...kind });
    const { data: seen } = await alarm.update({ id: raised.id, status: "ACKNOWLEDGED" });
    await alarm.updateBulk({ status: "CLEARED" }, { source: source.id, severity: "MAJOR" });
    const { data: made } = await event.create({ type: "web_Event", text: "Open", time, source });
    await event.update({ id: made.id, text: "Shut" });
    for (const minute of [0, 1, 2]) {
      await measurement.create({
        sourceId: source.id,
        time: `2026-03-01T12:0${minute}:00.000Z`,
        my_Heat: { T: { value: minute, unit: "C" } },
      });
    }
    const window = { source: source.id, dateFrom: time, dateTo: "2026-03-01T13:00:00Z" };
    const { data: series } = await measurement.listSeries({ ...window, series: ["my_Heat.T"] });
    const last = await measurement.list({ ...window, revert: true, pageSize: 1 });
    await event.delete(made.id);
    return {
      same: raised.id === repeated.id,
      count: repeated.count,
      seen: seen.status,
      cleared: (await alarm.detail(raised.id)).data.status,
      counted: (await alarm.count({ source: source.id })).data,
      listed: (await alarm.list({ source: source.id, pageSize: 10 })).data.length,
      eventGone: await refusal(event.detail(made.id)),
      series: [series.series, Object.values(series.values).map(([value]) => value.max)],
      last: last.data[0].my_Heat.T.value,
      known: await inventory.getSupportedSeries(source.id),
    };
  },

  async files(_, { event, inventory, inventoryBinary, core }) {
    const eventBinary = new EventBinaryService(core);
    const source = { id: (await inventory.create({ name: "web camera", c8y_IsDevice: {} })).data.id };
    const { data: made } = await event.create({
      type: "web_Shot",
      text: "x",
      time: new Date().toISOString(),
      source,
    });
    await eventBinary.upload("the shot", made.id);
    const shot = await (await eventBinary.download(made.id)).text();
    await eventBinary.delete(made.id);
    const { data: kept } = await inventoryBinary.create(Buffer.from("the log"), { name: "web.log" });
    const log = await (await inventoryBinary.download(kept.id)).text();
    const { data: listed } = await inventoryBinary.list({ pageSize: 100 });
    await inventoryBinary.delete(kept.id);
    return {
      shot,
      detached: await refusal(eventBinary.download(made.id)),
      log: [kept.name, kept.length, log, listed.some(({ id }) => id === kept.id)],
      gone: await refusal(inventoryBinary.download(kept.id)),
    };
  },

  async realtime(_, admin) {
    return listened(admin);
  },

  async realtimeOverWebSocket(_, admin) {
    window.WebSocket = WebSocket; // in browsers the client finds it there
    try {
      return await listened(admin);
    } finally {
      delete window.WebSocket;
    }
  },

  async operations(_, { operation, operationBulk, inventory }) {
    const agent = { name: "web agent", c8y_IsDevice: {}, com_cumulocity_model_Agent: {} };
    const { data: device } = await inventory.create(agent);
    const { data: made } = await operation.create({ deviceId: device.id, c8y_Restart: {} });
    await operation.update({ id: made.id, status: "EXECUTING" });
    const { data: done } = await operation.update({ id: made.id, status: "SUCCESSFUL" });
    const group = { name: "web bulk", type: "c8y_DeviceGroup", c8y_IsDeviceGroup: {} };
    const { data: members } = await inventory.create(group);
    await inventory.childAssetsAdd(device, members);
    const { data: bulk } = await operationBulk.create({
      groupId: members.id,
      startDate: new Date().toISOString(),
      creationRamp: 0.01,
      operationPrototype: { c8y_Restart: {} },
    });
    let state = bulk;
    while (state.status !== "COMPLETED") state = (await operationBulk.detail(bulk.id)).data;
    const { data: listed } = await operation.list({ deviceId: device.id, revert: true, pageSize: 10 });
    const later = {
      groupId: members.id,
      startDate: new Date(Date.now() + 3600_000).toISOString(),
      creationRamp: 1,
      operationPrototype: { c8y_Restart: {} },
    };
    const { data: planned } = await operationBulk.create(later);
    const { data: replanned } = await operationBulk.update({ ...later, id: planned.id, creationRamp: 2 });
    await operationBulk.delete(planned.id);
    return {
      planned: [planned.generalStatus, replanned.creationRamp],
      cancelled: (await operationBulk.detail(planned.id)).data.generalStatus,
      status: done.status,
      progress: state.progress,
      listed: listed.length,
      among: (await operationBulk.list({ pageSize: 100 })).data.some((found) => found.id === bulk.id),
    };
  },

  async people({ baseUrl }, { user, userGroup, inventoryRole, userRole, inventory }) {
    const name = "web.user";
    const password = "Right-2-Enter";
    const email = "web@acme.example";
    const { data: made } = await user.create({ userName: name, email, password, enabled: true });
    const { data: changed } = await user.update({ ...plain(made), firstName: "Ada" });
    const { data: group } = await userGroup.create({ name: "web group" });
    const { data: roles } = await userRole.list({ pageSize: 100 });
    await userGroup.addRoleToGroup(group.id, roles.find(({ name }) => name === "ROLE_INVENTORY_READ").self);
    await userGroup.addUserToGroup(group.id, made.self);
    const own = new Client(new BasicAuth({ tenant: "acme", user: name, password }), baseUrl);
    const reads = (await own.inventory.list({ pageSize: 1 })).data.length;
    const writes = await refusal(own.inventory.create({ name: "x" }));
    await userGroup.removeUserFromGroup(group.id, name);
    const { data: role } = await inventoryRole.create({
      name: "web role",
      description: "Reads one object",
      permissions: [{ permission: "READ", scope: "MANAGED_OBJECT", type: "*" }],
    });
    const { data: object } = await inventory.create({ name: "web object" });
    const assignments = user.inventoryAssignment(name);
    const { data: assigned } = await assignments.create({ managedObject: object.id, roles: [role] });
    const sees = (await own.inventory.detail(object.id)).data.name;
    await assignments.delete(assigned.id);
    const result = {
      firstName: changed.firstName,
      reads,
      writes,
      sees,
      blind: await refusal(own.inventory.detail(object.id)),
      listed: (await user.list({ username: name })).data.map(({ userName }) => userName),
    };
    await userGroup.delete(group.id);
    await user.delete(name);
    return { ...result, gone: await refusal(user.detail(name)) };
  },

  async secondFactor({ baseUrl }, { user, userGroup }) {
    const account = { userName: "web.tfa", email: "t@acme.example", password: "Right-2-Enter" };
    const { data: made } = await user.create(account);
    const { data: groups } = await userGroup.list({ pageSize: 100 });
    await userGroup.addUserToGroup(groups.find(({ name }) => name === "readers").id, made.self);
    const own = new Client(new BasicAuth({ tenant: "acme", user: "web.tfa", ...account }), baseUrl);
    const before = await refusal(own.user.getActivityTotp());
    const { data: secret } = await own.user.generateTotpSecret();
    const wrong = await refusal(own.user.verifyTotpCode("000000"));
    const inactive = (await own.user.getActivityTotp()).data.isActive;
    await own.user.activateTotp();
    await user.totpRevokeSecret("web.tfa");
    return { before, inactive, wrong, secret: secret.rawSecret.length > 15 };
  },

  async applications(_, { application }) {
    const plan = { name: "web app", key: "web-app-key", type: "HOSTED", contextPath: "web-app" };
    const { data: made } = await application.create({ ...plan });
    const { data: changed } = await application.update({ id: made.id, description: "Counts" });
    const { data: named } = await application.listByName("web app");
    const { data: all } = await application.list({ pageSize: 100 });
    const again = await refusal(application.create({ ...plan }));
    await application.delete(made.id);
    return {
      owner: made.owner.tenant.id,
      description: changed.description,
      found: named.map(({ id }) => id === made.id),
      listed: all.some(({ id }) => id === made.id),
      again,
      gone: await refusal(application.detail(made.id)),
    };
  },

  async options(_, { options }) {
    const option = { category: "web", key: "color", value: "red" };
    await options.tenant.create({ ...option });
    const { data: changed } = await options.tenant.update({ ...option, value: "blue" });
    const { data: listed } = await options.tenant.list({ pageSize: 100 });
    await options.tenant.delete(option);
    const { data: version } = await options.system.detail({ category: "system", key: "version" });
    const { data: logins } = await options.login.list();
    return {
      changed: changed.value,
      listed: listed.some(({ category, key }) => category === "web" && key === "color"),
      gone: await refusal(options.tenant.detail(option)),
      version: version.value,
      logins: logins.map(({ type }) => type),
    };
  },
};

/** What is told of a device's alarm, and how. */
async function listened({ alarm, inventory, realtime }) {
  const device = (await inventory.create({ name: "web live", c8y_IsDevice: {} })).data;
  const other = (await inventory.create({ name: "web mute", c8y_IsDevice: {} })).data;
  const told = [];
  const listening = new Promise((resolve) => realtime.addConnectListener(resolve));
  const arrived = new Promise((resolve) => {
    realtime.subscribe(`/alarms/${device.id}`, ({ data }) => told.push(data) === 2 && resolve());
  });
  await listening;
  const raise = (source) =>
    alarm.create({
      type: "web_Live",
      text: "x",
      severity: "MINOR",
      status: "ACTIVE",
      time: new Date().toISOString(),
      source: { id: source.id },
    });
  await raise(other);
  const { data: raised } = await raise(device);
  await alarm.update({ id: raised.id, status: "CLEARED" });
  await arrived;
  const transport = realtime.cometd.getTransport().getType();
  await new Promise((resolve) => realtime.disconnect(resolve));
  return {
    transport,
    told: told.map(({ realtimeAction, data }) => [realtimeAction, data.status]),
    same: told.every(({ data }) => data.id === raised.id),
  };
}

/** The status with which a call is refused; null if it is not. */
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return error.res ? error.res.status : String(error);
  }
  return null;
}

/** A user without what only the tenant sets. */
function plain({ id, userName, email, enabled }) {
  return { id, userName, email, enabled };
}

async function main() {
  const setting = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const told = {};
  for (const [name, journey] of Object.entries(journeys)) {
    const auth = new BasicAuth({ tenant: "acme", user: "admin", password: setting.password.admin });
    const admin = new Client(auth, setting.baseUrl);
    admin.core.tenant = "acme";
    try {
      told[name] = await journey(setting, admin);
    } catch (error) {
      told[name] = { error: error.res ? [error.res.url, error.res.status, error.data] : String(error.stack) };
    }
  }
  process.stdout.write(JSON.stringify(told));
}

main();
