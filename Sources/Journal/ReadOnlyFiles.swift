internal import Glibc

// What SQLite does not tell about a file system on which nothing can be written.

func isOnReadOnlyFileSystem(_ path: String) -> Bool {
  var about = statvfs()
  let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  return unsafe statvfs(folder, &about) == 0 && about.f_flag & UInt(ST_RDONLY) != 0
}

/// Whether there is a write-ahead log with anything in it.
func hasLog(_ path: String) -> Bool {
  var about = stat()
  return unsafe stat(path + "-wal", &about) == 0 && about.st_size > 0
}

/// The name by which SQLite opens a database that nobody changes.
func unchanging(_ path: String) -> String {
  let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.~".utf8)
  let hexadecimal = Array("0123456789abcdef")
  let encoded = path.utf8.map { byte in
    plain.contains(byte)
      ? String(UnicodeScalar(byte))
      : "%\(hexadecimal[Int(byte >> 4)])\(hexadecimal[Int(byte & 15)])"
  }
  return "file:\(encoded.joined())?immutable=1"
}
