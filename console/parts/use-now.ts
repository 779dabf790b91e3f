/** The hub's idea of now, so that ages agree with its data; until it has answered, this machine's. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { statusQuery } from '../queries.ts';

export function useNow(): number {
  const [openedAt] = useState(() => Date.now());
  const { data: status } = useQuery(statusQuery());
  return status?.now ?? openedAt;
}
