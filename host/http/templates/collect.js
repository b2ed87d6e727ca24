// Tells the shop's host what visitors of this site do: <script src="https://HOST/collect.js" data-site="KEY" async></script>
(function () {
  "use strict";
  var me = document.currentScript, place = "offer-host-visitor", queue = [], made = 0, timer = 0, tries = 0, memory;
  if (!me || window.offerHost) return;
  var to = new URL("v1/collect?site=" + encodeURIComponent(me.getAttribute("data-site") || ""), me.src).href;

  function random() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return (byte + 256).toString(16).slice(1);
    }).join("");
  }

  // A random name for this browser, made when it is first needed.
  function visitor() {
    try {
      memory = localStorage.getItem(place) || memory || random();
      localStorage.setItem(place, memory);
    } catch (refused) {
      memory = memory || random();
    }
    return memory;
  }

  function later(wait) {
    if (!timer) timer = setTimeout(send, wait);
  }

  function send() {
    clearTimeout(timer);
    timer = 0;
    var rows = queue.splice(0, 50);
    if (!rows.length) return;
    var body = rows.map(function (row) {
      var sent = { id: row.id, visitor: row.visitor, kind: row.kind, ago: Math.min(Math.max(0, Date.now() - row.at), 864e5) };
      sent[row.kind == "signed_in" ? "token" : "payload"] = row.what;
      return JSON.stringify(sent);
    }).join("\n");
    // Plain text needs no question before; each event counts once, however often it is sent.
    fetch(to, { method: "POST", body: body, keepalive: true, credentials: "omit", headers: { "Content-Type": "text/plain" } })
      .then(function (answer) {
        if (answer.status == 429 || answer.status > 499) throw answer;
        tries = 0;
        if (queue.length) later(0);
      })
      .catch(function () {
        queue = rows.concat(queue).slice(0, 200);
        if (++tries < 6) later(1000 << tries);
      });
  }

  function add(kind, what) {
    queue.push({ id: Date.now().toString(36) + "-" + random().slice(0, 8) + "-" + made++, visitor: visitor(), kind: kind, at: Date.now(), what: what || {} });
    later(500);
  }

  window.offerHost = {
    track: add,
    // The token of the member, which the shop's server asks the host for.
    signIn: function (token) {
      add("signed_in", token);
    },
    // Whoever comes next is somebody else.
    signOut: function () {
      send();
      memory = "";
      try {
        localStorage.removeItem(place);
      } catch (refused) {}
    }
  };
  addEventListener("pagehide", send);
  if (me.getAttribute("data-manual") === null)
    add("page_viewed", { url: location.origin + location.pathname, title: document.title, referrer: document.referrer.split("?")[0] });
})();
