/** How a table is sorted: by which of its columns, and which way. It is part of the address. */
export interface Order {
    by: string;
    down: boolean;
}

/** What an address asks for; what is usual when it asks for nothing. */
export function orderOf(query: URLSearchParams, usual: Order): Order {
    const by = query.get('sort');
    return by === null ? usual : { by, down: query.get('order') === 'desc' };
}

/** The part of the address for another column, or for the same one the other way round. */
export function turned(now: Order, by: string): { sort: string; order: string } {
    return { sort: by, order: now.by === by && !now.down ? 'desc' : '' };
}

/** The rows in an order. What is equal stays as it was; what has no value comes last. */
export function ordered<Row>(
    rows: readonly Row[],
    value: (row: Row, by: string) => string | number | null | undefined,
    order: Order,
): Row[] {
    const way = order.down ? -1 : 1;
    return [...rows].sort((a, b) => {
        const [left, right] = [value(a, order.by) ?? '', value(b, order.by) ?? ''];
        if (left === '' || right === '') return Number(left === '') - Number(right === '');
        if (typeof left === 'number' && typeof right === 'number') return way * (left - right);
        return way * String(left).localeCompare(String(right), undefined, { numeric: true });
    });
}
