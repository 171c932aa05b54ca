import kafkajs from 'kafkajs';
import type { PartitionAssigner } from 'kafkajs';

const { AssignerProtocol } = kafkajs;

/** What a member says about itself when it joins. */
export interface Claimant {
  readonly memberId: string;
  /** Partitions that it held until now. */
  readonly owned: readonly number[];
  /** Generation of the group in which it got them; of two claims to one partition the later holds. */
  readonly generation: number;
}

/**
 * Shares partitions out so that the numbers differ by one at most and as few as possible change hands. The answer depends
 * on the arguments only, not on their order.
 */
export function assignSticky(partitions: readonly number[], members: readonly Claimant[]): Map<string, number[]> {
  const answer = new Map<string, number[]>();
  const ordered = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  for (const member of ordered) answer.set(member.memberId, []);
  if (ordered.length === 0) return answer;

  const holders = new Map<number, Claimant>();
  for (const member of ordered) {
    for (const partition of member.owned) {
      const other = holders.get(partition);
      if (other === undefined || member.generation > other.generation) holders.set(partition, member);
    }
  }

  const wanted = [...new Set(partitions)].sort((a, b) => a - b);
  const held = new Map<string, number[]>(ordered.map((member) => [member.memberId, []]));
  for (const partition of wanted) {
    const holder = holders.get(partition);
    if (holder !== undefined) held.get(holder.memberId)?.push(partition);
  }

  // Those who hold most keep the one partition more that some members must take.
  const least = Math.floor(wanted.length / ordered.length);
  let extra = wanted.length % ordered.length;
  const quota = new Map<string, number>();
  const byHeld = [...ordered].sort((a, b) => (held.get(b.memberId)?.length ?? 0) - (held.get(a.memberId)?.length ?? 0));
  for (const member of byHeld) {
    quota.set(member.memberId, extra > 0 ? least + 1 : least);
    if (extra > 0) extra--;
  }

  const taken = new Set<number>();
  for (const member of ordered) {
    const keep = (held.get(member.memberId) ?? []).slice(0, quota.get(member.memberId));
    for (const partition of keep) taken.add(partition);
    answer.set(member.memberId, keep);
  }
  const free = wanted.filter((partition) => !taken.has(partition));
  for (const member of ordered) {
    const mine = answer.get(member.memberId) ?? [];
    const room = (quota.get(member.memberId) ?? 0) - mine.length;
    answer.set(
      member.memberId,
      [...mine, ...free.splice(0, room)].sort((a, b) => a - b),
    );
  }
  return answer;
}

/** What a member holds, as it goes into `userData`: generation, then partitions, as 32-bit integers. */
export function encodeOwned(generation: number, owned: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + owned.length * 4);
  buffer.writeInt32BE(generation, 0);
  owned.forEach((partition, i) => buffer.writeInt32BE(partition, 4 + i * 4));
  return buffer;
}

/** Reads `userData`; anything unexpected means that nothing is held. */
export function decodeOwned(data: Buffer | null): { readonly generation: number; readonly owned: readonly number[] } {
  if (data === null || data.length < 4 || data.length % 4 !== 0) return { generation: -1, owned: [] };
  const owned: number[] = [];
  for (let at = 4; at < data.length; at += 4) owned.push(data.readInt32BE(at));
  return { generation: data.readInt32BE(0), owned };
}

/** The assigner for kafkajs. `owned` answers what this member holds now. */
export function stickyAssigner(owned: () => { generation: number; partitions: readonly number[] }): PartitionAssigner {
  const version = 1;
  const name = 'desist-sticky';
  return ({ cluster }) => ({
    name,
    version,
    assign({ members, topics }) {
      const topic = topics[0] ?? '';
      const partitions = cluster.findTopicPartitionMetadata(topic).map((metadata) => metadata.partitionId);
      const claimants = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        ...decodeOwned(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData ?? null),
      }));
      const shares = assignSticky(partitions, claimants);
      // A member without partitions gets the topic with an empty list: kafkajs keeps its offsets by topic.
      return Promise.resolve(
        [...shares].map(([memberId, share]) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version,
            assignment: { [topic]: share },
            userData: Buffer.alloc(0),
          }),
        })),
      );
    },
    protocol({ topics }) {
      const { generation, partitions } = owned();
      return {
        name,
        metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: encodeOwned(generation, partitions) }),
      };
    },
  });
}
