"""What carries requests to a handler and its answers back: a loopback socket, or requests in process."""
