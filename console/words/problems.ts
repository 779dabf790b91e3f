/** What each of the hub's error codes means to the person in front of the screen, and what to do. */
import type { ErrorCode } from '../../src/server/contract.ts';

export type ProblemWords = Readonly<Record<ErrorCode | 'offline', string>> & { readonly detail: (message: string) => string };

export const problemsJa: ProblemWords = {
  'config-invalid': '設定に誤りがあります。設定ファイルの該当箇所を直してください。',
  usage: '入力の内容に誤りがあります。値を見直してください。',
  'input-unreadable': 'ファイルを読み取れません。アクセス権と、壊れていないかを確かめてください。',
  'input-unrecognised': '対応していない種類のファイルです。キャプチャ、フロー、対応するレポートのいずれかを選んでください。',
  'input-malformed': 'ファイルの途中に、形式として正しくない箇所があります。それより前の内容は取り込まれています。',
  'not-found': '見つかりません。削除されたか、リンクが古い可能性があります。',
  forbidden: 'この操作は許可されていません。必要な権限や利用目的を管理者に確かめてください。',
  'purpose-needed': '利用者のアドレスを見るには、目的と理由を記録した許可が必要です。合計だけなら許可は要りません。',
  unauthenticated: '接続の許可が確認できません。アクセストークンを確かめて、もう一度開いてください。',
  conflict: 'ほかの変更と重なりました。画面を開き直してから、もう一度お試しください。',
  'store-unavailable': 'データベースが一時的に応答していません。しばらく待ってから、もう一度お試しください。',
  'store-failed': 'データベースで処理に失敗しました。詳しい理由はハブのログにあります。',
  'data-directory-in-use': 'データフォルダーを別のプログラムが使っています。そちらを終了してください。',
  'delivery-failed': '送り先に届けられませんでした。自動でもう一度試みます。',
  internal: 'ハブの内部で問題が起きました。詳しい理由はハブのログにあります。',
  offline: 'ハブから応答がありません。動いているか確かめてください。',
  detail: (message) => `（詳細：${message}）`,
};

export const problemsEn: ProblemWords = {
  'config-invalid': 'The configuration has a mistake. Correct it in the configuration file.',
  usage: 'Something in the input is wrong. Look at the values again.',
  'input-unreadable': 'The file cannot be read. Check its permissions and that it is whole.',
  'input-unrecognised': 'This kind of file is not known. Choose a capture, flows or one of the supported reports.',
  'input-malformed': 'The file is not well-formed from some point on. What came before was taken.',
  'not-found': 'It is not here. It may have been removed, or the link is old.',
  forbidden: 'This is not allowed. Ask an administrator about the permission or the purpose it needs.',
  'purpose-needed': 'Addresses of clients need leave for a purpose with a recorded reason. Sums need none.',
  unauthenticated: 'You are not signed in. Check the access token and open the page again.',
  conflict: 'Somebody changed it at the same time. Open the page again and repeat.',
  'store-unavailable': 'The database does not answer at the moment. Try again shortly.',
  'store-failed': 'The database failed. The log of the hub has the reason.',
  'data-directory-in-use': 'Another program uses the data folder. End it first.',
  'delivery-failed': 'It could not be delivered. It will be tried again.',
  internal: 'Something failed inside the hub. Its log has the reason.',
  offline: 'The hub does not answer. Check that it is running.',
  detail: (message) => `(${message})`,
};
