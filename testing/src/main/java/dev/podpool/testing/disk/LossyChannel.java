package dev.podpool.testing.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** An open file, or a directory to be synced. */
final class LossyChannel extends FileChannel {

  private final LossyDisk disk;
  private final Path path;
  private final @Nullable LossyFile file; // null: a directory
  private int position;

  LossyChannel(LossyDisk disk, Path path, @Nullable LossyFile file) {
    this.disk = disk;
    this.path = path;
    this.file = file;
  }

  private LossyFile file() throws IOException {
    if (file == null) {
      throw new IOException(path + ": Is a directory");
    }
    return file;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int count = read(into, position);
    position += Math.max(0, count);
    return count;
  }

  @Override
  public int read(ByteBuffer into, long at) throws IOException {
    return file().read(Math.toIntExact(at), into);
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    int count = write(from, position);
    position += count;
    return count;
  }

  @Override
  public int write(ByteBuffer from, long at) throws IOException {
    disk.requireRoom(path);
    disk.change();
    int count = from.remaining();
    file().write(Math.toIntExact(at), from);
    return count;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public FileChannel position(long newPosition) {
    position = Math.toIntExact(newPosition);
    return this;
  }

  @Override
  public long size() throws IOException {
    return file().size();
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    disk.change();
    file().truncate(Math.toIntExact(size));
    position = Math.min(position, Math.toIntExact(size));
    return this;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    if (file == null) {
      disk.syncDirectory(path);
    } else {
      disk.sync(file);
    }
  }

  @Override
  protected void implCloseChannel() {}

  @Override
  public long read(ByteBuffer[] into, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long write(ByteBuffer[] from, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferTo(long from, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long to, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long from, long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock lock(long from, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock tryLock(long from, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }
}
