package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ChangeList;
import dev.podpool.protocol.Elements;
import dev.podpool.protocol.ElementsQuery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ListChanged;
import dev.podpool.protocol.ListClear;
import dev.podpool.protocol.ListInsert;
import dev.podpool.protocol.ListRemove;
import dev.podpool.protocol.ListSet;
import dev.podpool.protocol.ListSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import java.util.AbstractList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list between processes, as {@code Manager().list()}. Each method is one question to the queue
 * or one change in it. An element may be null; it takes 1 MiB at most, or is refused with an {@link
 * dev.podpool.function.EncodeException} before anything is sent.
 *
 * <p>An index outside of the list is an {@link IndexOutOfBoundsException}: others may have removed
 * elements just now. Changes throw {@link OutcomeUnknownException} if the session ends before the
 * queue answers.
 */
public final class SharedList<E extends @Nullable Object> extends SharedObject {

  static final ObjectSpec SPEC =
      ObjectSpec.newBuilder().setList(ListSpec.getDefaultInstance()).build();

  private static final int END = -1;

  private final ValueCodec<E> values;
  private final @Nullable SharedLock guard;

  SharedList(ObjectLink link, ObjectRef ref, ValueCodec<E> values) {
    super(link, ref, SPEC);
    this.values = values;
    guard = null;
  }

  private SharedList(SharedList<E> same, SharedLock guard) {
    super(same);
    values = same.values;
    this.guard = guard;
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.LIST, name);
  }

  /**
   * The same list, which is changed only while {@code lock} is held by that handle, as {@link
   * SharedMap#guardedBy}.
   */
  public SharedList<E> guardedBy(SharedLock lock) {
    return new SharedList<>(this, ofThisConnection(lock));
  }

  // ---- reads

  @SuppressWarnings("NullAway") // what is there is an E, which null may be
  public E get(int index) {
    return getVersioned(index).value();
  }

  /** With the version of the list, which rises with each change of any of its elements. */
  public Versioned<E> getVersioned(int index) {
    Elements found = page(Cells.requireIndex(index), 1);
    if (found.getElementsCount() == 0) {
      throw new IndexOutOfBoundsException(
          this + ": index " + index + " of " + found.getSize() + " elements");
    }
    return new Versioned<>(values.decode(found.getElements(0)), found.getVersion());
  }

  public int size() {
    return Math.toIntExact(status().getCount());
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  private Elements page(long first, int limit) {
    return link()
        .read(
            query().setElements(ElementsQuery.newBuilder().setFirst(first).setLimit(limit)).build())
        .getElements();
  }

  // ---- changes

  /** At the end. */
  public void add(E element) {
    insert(END, List.of(values.encode(element)));
  }

  /** Before the element at {@code index}; at the end where that is the size. */
  public void add(int index, E element) {
    insert(Cells.requireIndex(index), List.of(values.encode(element)));
  }

  /**
   * At the end, all at once.
   *
   * @throws IllegalArgumentException if they take more than 1 MiB together
   */
  public void addAll(Collection<? extends E> elements) {
    insert(END, encoded(elements));
  }

  private List<ByteString> encoded(Collection<? extends E> elements) {
    List<ByteString> encoded = elements.stream().map(values::encode).toList();
    long bytes = encoded.stream().mapToLong(ByteString::size).sum();
    if (bytes > ValueCodec.BYTES_MAX) {
      throw new IllegalArgumentException(
          encoded.size()
              + " elements of "
              + bytes
              + " bytes are too many to add at once; at most "
              + ValueCodec.BYTES_MAX
              + " bytes: add them in parts");
    }
    return encoded;
  }

  private void insert(int index, List<ByteString> encoded) {
    var unused =
        change(
            ChangeList.newBuilder()
                .setInsert(ListInsert.newBuilder().setIndex(index).addAllElements(encoded)));
  }

  /**
   * @return what was there before
   */
  public E set(int index, E element) {
    return values.decode(change(set(index, element, 0)).getBefore());
  }

  /**
   * Sets, if the list has that version: that of {@link #getVersioned}.
   *
   * @throws IllegalArgumentException if {@code version} is below 1
   */
  public Change<E> setIfVersion(int index, long version, E element) {
    if (version < 1) {
      throw new IllegalArgumentException(
          "version " + version + " is none that a list has; they begin at 1");
    }
    ListChanged changed = change(set(index, element, version));
    return new Change<>(
        !changed.getDiffers(), values.decode(changed.getBefore()), changed.getVersion());
  }

  private ChangeList.Builder set(int index, E element, long version) {
    return ChangeList.newBuilder()
        .setSet(
            ListSet.newBuilder()
                .setIndex(Cells.requireIndex(index))
                .setElement(values.encode(element))
                .setOnlyIfVersion(version));
  }

  /**
   * @return what was there
   */
  public E remove(int index) {
    return take(Cells.requireIndex(index));
  }

  /**
   * Removes the last.
   *
   * @return what it was
   * @throws IndexOutOfBoundsException if the list is empty
   */
  public E pop() {
    return take(END);
  }

  private E take(int index) {
    ListChanged changed =
        change(ChangeList.newBuilder().setRemove(ListRemove.newBuilder().setIndex(index)));
    return values.decode(changed.getBefore());
  }

  public void clear() {
    var unused = change(ChangeList.newBuilder().setClear(ListClear.getDefaultInstance()));
  }

  private ListChanged change(ChangeList.Builder change) {
    change.setList(ref());
    if (guard != null) {
      change.setGuard(guard.guard());
    }
    Reply reply = link().call(Operation.newBuilder().setChangeList(change).build());
    if (reply.hasRefusal()) {
      // All else that could be invalid was looked at before.
      throw reply.getRefusal().getCode() == ErrorCode.INVALID_ARGUMENT
          ? new IndexOutOfBoundsException(reply.getRefusal().getMessage())
          : ObjectLink.exception(reply);
    }
    return reply.getListChanged();
  }

  // ---- views

  /**
   * The list as a {@link List}. Its iterators read pages of 1 MiB: where others add or remove
   * elements meanwhile, they may miss some or see some twice.
   */
  public List<E> asList() {
    return new View();
  }

  private final class View extends AbstractList<E> {
    @Override
    public E get(int index) {
      return SharedList.this.get(index);
    }

    @Override
    public int size() {
      return SharedList.this.size();
    }

    @Override
    public boolean add(E element) {
      SharedList.this.add(element);
      return true;
    }

    @Override
    public void add(int index, E element) {
      SharedList.this.add(index, element);
    }

    @Override
    public boolean addAll(Collection<? extends E> elements) {
      SharedList.this.addAll(elements);
      return !elements.isEmpty();
    }

    @Override
    public boolean addAll(int index, Collection<? extends E> elements) {
      insert(Cells.requireIndex(index), encoded(elements));
      return !elements.isEmpty();
    }

    @Override
    public E set(int index, E element) {
      return SharedList.this.set(index, element);
    }

    @Override
    public E remove(int index) {
      return SharedList.this.remove(index);
    }

    @Override
    public void clear() {
      SharedList.this.clear();
    }

    @Override
    public Iterator<E> iterator() {
      ElementPages<E> pages = new ElementPages<>(first -> page(first, 0), values::decode);
      return new Iterator<>() {
        private int next;
        private boolean mayRemove;

        @Override
        public boolean hasNext() {
          return pages.hasNext();
        }

        @Override
        public E next() {
          E element = pages.next();
          next++;
          mayRemove = true;
          return element;
        }

        @Override
        public void remove() {
          if (!mayRemove) {
            throw new IllegalStateException("nothing to remove; call next() before");
          }
          mayRemove = false;
          var unused = SharedList.this.remove(--next);
          pages.removed();
        }
      };
    }
  }
}
