/** The words of pictures in the reader's language and their own clock. */
import { useMemo } from 'react';
import { useFormat } from '../../format.ts';
import { useWords } from '../../preferences.tsx';
import type { PictureWords } from './drawing.ts';

export function usePictureWords(): PictureWords {
  const words = useWords();
  const format = useFormat();
  return useMemo(
    () => ({
      noData: words.common.noData,
      time: `${words.now.time} (${format.zone})`,
      port: words.judgement.port,
      otherPorts: words.judgement.otherPorts,
      packets: words.finding.packets,
      perMinute: words.judgement.perMinute,
      targets: words.judgement.targets,
      marked: words.judgement.marked,
      attack: words.judgement.attack,
      busiest: words.judgement.busiest,
      first: words.judgement.firstTime,
      last: words.judgement.lastTime,
      offset: (at: number) => new Date(at).getTimezoneOffset() * 60_000,
      clock: format.time,
      day: format.date,
      full: format.dateTime,
      count: format.count,
    }),
    [words, format],
  );
}
