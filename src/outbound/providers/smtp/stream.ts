/** What the SMTP client talks over. workerd's sockets are one (socket.ts); tests have another over Node's. */
export type ByteStream = {
  /** Whether what goes through it is encrypted, to a server whose certificate names the host. */
  readonly isSecure: boolean
  /** Rejects where the connection is gone. */
  write(bytes: Uint8Array): Promise<void>
  /** What came, or null where no more will come. Rejects where the connection is gone. */
  read(): Promise<Uint8Array | null>
  /** Goes on in TLS. Nothing may be in the middle of being read or written. Rejects where no TLS comes about. */
  startTls(): Promise<void>
  /** Lets go of the connection. Waits for nothing and never throws. */
  close(): void
}
